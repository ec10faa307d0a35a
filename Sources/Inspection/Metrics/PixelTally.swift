import Imaging

/// How well anomaly maps find anomalous pixels, image by image: what is kept does not grow with the number of images.
///
/// Values are binned (``ScoreBins``), so an area may be off by what lies within single bins: for maps whose values have up
/// to 12 significant bits it is exact.
public struct PixelTally: Sendable {
    private var normal = PagedBins<Int64>()
    private var anomalous = PagedBins<Int64>()
    /// The shares of regions that lie in each bin: a pixel of a region of n counts 1/n.
    private var regionShares = PagedBins<Double>()
    public private(set) var regions = 0
    public private(set) var images = 0

    public init() {}

    /// A map and the truth about it, as they are added. To make one is most of the work, and needs no tally.
    package struct Sample: Sendable {
        /// The bin of each pixel; negative where it does not count.
        fileprivate let bins: [Int32]
        /// Nil where no pixel is anomalous.
        fileprivate let regions: MaskRegions?

        /// - Parameter leavesOut: whether pixels of the map that are NaN do not count, and are no fault of it.
        /// - Throws: ``InspectionError`` if the sizes differ or a value is no number.
        package init(_ map: FloatImage, _ mask: Mask, leavesOut: Bool = false) throws {
            guard (map.width, map.height) == (mask.width, mask.height) else {
                throw InspectionError(
                    "a map of \(map.width) x \(map.height) pixels has a mask of \(mask.width) x \(mask.height)")
            }
            guard map.values.allSatisfy({ $0.isFinite || leavesOut && $0.isNaN }) else {
                throw InspectionError("a map holds a value that is no number")
            }
            bins = map.values.map { $0.isNaN ? -1 : Int32(ScoreBins.index(of: $0)) }
            let counted = leavesOut ? mask.counting(in: map) : mask
            regions = counted.defective.contains(true) ? MaskRegions(counted) : nil
        }
    }

    /// Adds a map and the truth about it.
    /// - Throws: ``InspectionError`` if their sizes differ or a value is no number; nothing is added then.
    public mutating func add(_ map: FloatImage, _ mask: Mask) throws { add(try Sample(map, mask)) }

    /// Adds an image. The bits of the metrics depend on the order of the images, since shares are summed as floating-point numbers.
    package mutating func add(_ sample: Sample) {
        images += 1
        guard let found = sample.regions else {
            for bin in sample.bins where bin >= 0 { normal.add(1, to: Int(bin)) }
            return
        }
        let shares = found.sizes.map { 1 / Double($0) }
        for (bin, label) in zip(sample.bins, found.labels) where bin >= 0 {
            if label < 0 {
                normal.add(1, to: Int(bin))
            } else {
                anomalous.add(1, to: Int(bin))
                regionShares.add(shares[Int(label)], to: Int(bin))
            }
        }
        regions += found.sizes.count
    }

    /// - Returns: nil unless there are both normal and anomalous pixels.
    public func metrics(falsePositiveLimit: Double = PixelTally.usualLimit) -> PixelMetrics? {
        let bins = usedBins
        let groups = bins.map {
            ScoreGroup(score: ScoreBins.lowest(of: $0), normal: normal[$0], anomalous: anomalous[$0])
        }
        guard let ranking = RankingMetrics(groups: groups) else { return nil }
        return PixelMetrics(
            ranking: ranking, regionOverlap: RegionOverlap.area(under: curve(bins), upTo: falsePositiveLimit),
            falsePositiveLimit: falsePositiveLimit, regions: regions, images: images)
    }

    /// The false positives to which AUPRO is taken unless something else is asked for.
    public static let usualLimit = 0.3

    /// The curve whose area is AUPRO, by falling threshold from (0, 0) to (1, 1).
    /// - Returns: nil unless there are both normal and anomalous pixels.
    package func overlapCurve() -> [RegionOverlap.Point]? {
        let bins = usedBins
        guard regions > 0, bins.contains(where: { normal[$0] > 0 }) else { return nil }
        return curve(bins)
    }

    /// Highest first.
    private var usedBins: [Int] {
        let room = Set(normal.room + anomalous.room).sorted { $0.lowerBound > $1.lowerBound }
        return room.flatMap { $0.reversed() }.filter { normal[$0] + anomalous[$0] > 0 }
    }

    private func curve(_ bins: [Int]) -> [RegionOverlap.Point] {
        let pixels = Double(bins.reduce(0) { $0 + normal[$1] })
        var curve = [RegionOverlap.Point(falsePositives: 0, overlap: 0)]
        var (above, overlap) = (Int64(0), 0.0)
        for bin in bins {
            above += normal[bin]
            overlap += regionShares[bin]
            curve.append(.init(falsePositives: Double(above) / pixels, overlap: overlap / Double(regions)))
        }
        return curve
    }
}

/// How well anomaly maps find anomalous pixels.
public struct PixelMetrics: Codable, Equatable, Sendable {
    /// Over all pixels of all images.
    public let ranking: RankingMetrics
    /// AUPRO, see ``RegionOverlap``.
    public let regionOverlap: Double
    public let falsePositiveLimit: Double
    /// Connected anomalous regions in all masks.
    public let regions: Int
    public let images: Int
}

extension Mask {
    /// What of the mask counts.
    /// - Parameter map: of the same size, with NaN where pixels do not count.
    fileprivate func counting(in map: FloatImage) -> Mask {
        Mask(width: width, height: height, defective: zip(defective, map.values).map { $0 && !$1.isNaN })
    }
}
