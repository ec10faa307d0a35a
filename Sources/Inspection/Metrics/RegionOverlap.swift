/// The per-region overlap: the share of an anomalous region that is over a threshold, as a mean over all regions, so that a
/// small defect weighs as much as a large one. Its area over the false positive rate, up to a limit and divided by it, is
/// AUPRO (Bergmann et al., The MVTec Anomaly Detection Dataset, IJCV 2021).
package enum RegionOverlap {
    package struct Point: Equatable, Sendable {
        /// The share of normal pixels over the threshold.
        package let falsePositives: Double
        /// The mean share of the regions over the threshold.
        package let overlap: Double

        package init(falsePositives: Double, overlap: Double) {
            (self.falsePositives, self.overlap) = (falsePositives, overlap)
        }
    }

    /// The part of a curve up to a limit, with as many points as a drawing shows.
    /// - Parameter steps: of both axes, that are told apart.
    package static func drawn(
        _ curve: [Point], upTo limit: Double = PixelTally.usualLimit, steps: Double = 400
    ) -> [Point] {
        var drawn: [Point] = []
        for (point, next) in zip(curve, curve.dropFirst() + [Point(falsePositives: .infinity, overlap: 1)]) {
            guard point.falsePositives <= limit else { break }
            let isLast = next.falsePositives > limit
            let isFar = drawn.last.map {
                abs(point.falsePositives - $0.falsePositives) * steps >= limit
                    || abs(point.overlap - $0.overlap) * steps >= 1
            }
            if isLast || isFar ?? true { drawn.append(point) }
            guard isLast, next.falsePositives.isFinite else { continue }
            // The limit cuts this piece: its end is interpolated.
            let share = (limit - point.falsePositives) / (next.falsePositives - point.falsePositives)
            drawn.append(
                Point(falsePositives: limit, overlap: point.overlap + (next.overlap - point.overlap) * share))
        }
        return drawn
    }

    /// The area by trapezoids, divided by the limit: 1 is perfect.
    /// - Parameter curve: by falling threshold, from (0, 0) to (1, 1).
    package static func area(under curve: [Point], upTo limit: Double) -> Double {
        var area = 0.0
        for (left, right) in zip(curve, curve.dropFirst()) {
            let width = right.falsePositives - left.falsePositives
            if right.falsePositives <= limit {
                area += width * (left.overlap + right.overlap) / 2
                continue
            }
            // The limit cuts this piece: its end is interpolated.
            let part = limit - left.falsePositives
            let end = left.overlap + (right.overlap - left.overlap) * part / width
            area += part * (left.overlap + end) / 2
            break
        }
        return area / limit
    }
}
