import Foundation

/// The places of a histogram's bars, ticks and threshold in an SVG drawing.
///
/// Heights are logarithmic: among 400,000 images a bar of ten defective ones must still be seen.
struct HistogramDrawing {
    static let width = 960.0
    static let height = 260.0
    private static let margin = 12.0
    private static let baseline = 224.0
    private static let top = 12.0

    let histogram: ScoreHistogram
    let threshold: Float?

    /// What the page's template shows.
    var context: [String: Any] {
        [
            "width": Self.text(Self.width), "height": Self.text(Self.height), "baseline": Self.text(Self.baseline),
            "top": Self.text(Self.top), "left": Self.text(Self.margin), "right": Self.text(Self.width - Self.margin),
            "labelY": Self.text(Self.baseline + 20), "bars": bars, "ticks": ticks, "threshold": thresholdLine ?? false,
        ]
    }

    private var bars: [[String: Any]] {
        let most = histogram.bars.map { max($0.normal, $0.anomalous) }.max() ?? 0
        let barWidth = (Self.width - 2 * Self.margin) / Double(histogram.bars.count)
        let range = Double(histogram.highest) - Double(histogram.lowest)
        return histogram.bars.enumerated().flatMap { number, bar in
            let share = { (part: Int) in range * Double(number + part) / Double(histogram.bars.count) }
            let from = Self.text(Double(histogram.lowest) + share(0))
            let to = Self.text(Double(histogram.lowest) + share(1))
            return [("normal", bar.normal), ("anomalous", bar.anomalous)].filter { $0.1 > 0 }.map { kind, images in
                let tall = (Self.baseline - Self.top) * log(1 + Double(images)) / log(1 + Double(max(most, 1)))
                return [
                    "kind": kind, "images": images, "from": from, "to": to,
                    "x": Self.text(Self.margin + Double(number) * barWidth + 1), "y": Self.text(Self.baseline - tall),
                    "barWidth": Self.text(barWidth - 2), "barHeight": Self.text(tall),
                ]
            }
        }
    }

    private var ticks: [[String: Any]] {
        histogram.ticks().map { ["x": Self.text(x(of: $0)), "label": String(format: "%g", $0)] }
    }

    /// A threshold beyond all scores stands at the edge, where it belongs.
    private var thresholdLine: [String: Any]? {
        guard let threshold else { return nil }
        let place = x(of: Double(threshold))
        let isRight = place > Self.width * 0.8
        return [
            "x": Self.text(place), "label": "\(threshold)",
            "textX": Self.text(isRight ? place - 6 : place + 6), "anchor": isRight ? "end" : "start",
            "textY": Self.text(Self.top + 10),
        ]
    }

    private func x(of score: Double) -> Double {
        let place = min(1, max(0, histogram.position(of: score)))
        return Self.margin + place * (Self.width - 2 * Self.margin)
    }

    private static func text(_ value: Double) -> String { String(format: "%.2f", value) }
}
