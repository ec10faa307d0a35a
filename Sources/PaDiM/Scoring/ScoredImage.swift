import CKernels
import Imaging
import Settings
import Storage

/// What inspection finds about an image.
public struct ScoredImage: Sendable {
    /// How far the image is from normal: its map's maximum, or the mean of its largest values.
    public let score: Float
    /// Where the map at the network's input size is largest; the first such pixel, row by row.
    public let maxRow: Int
    public let maxColumn: Int
    /// The pixel of the image, as it was read and turned, that lies at the centre of that one.
    public let imageRow: Int
    public let imageColumn: Int
    /// The anomaly map, at the size that the settings ask for; NaN where a pixel does not count.
    public let map: FloatImage
    /// The same map less the mean distance of the image's patches, where the settings ask for it: some of its values are negative. What
    /// nobody looked at is 0 in it too.
    public let centeredMap: FloatImage?
    /// The size of the image as it was read.
    public let originalWidth: Int
    public let originalHeight: Int
    /// Of the file's content; nil where it was not asked for.
    public let digest: ContentDigest?

    package init(
        score: Float, maxRow: Int, maxColumn: Int, imageRow: Int, imageColumn: Int, map: FloatImage,
        centeredMap: FloatImage? = nil,
        originalWidth: Int, originalHeight: Int, digest: ContentDigest? = nil
    ) {
        self.digest = digest
        self.centeredMap = centeredMap
        (self.imageRow, self.imageColumn) = (imageRow, imageColumn)
        (self.score, self.maxRow, self.maxColumn, self.map) = (score, maxRow, maxColumn, map)
        (self.originalWidth, self.originalHeight) = (originalWidth, originalHeight)
    }
}

extension FloatImage {
    /// Every value less the same number.
    package func lowered(by level: Float) -> FloatImage {
        FloatImage(width: width, height: height, values: values.map { $0 - level })
    }

    /// The largest value and its first place, row by row. NaN is passed over.
    package func maximum() -> (value: Float, row: Int, column: Int) {
        values.withUnsafeBufferPointer { values in
            let place = statistics_largest(values.baseAddress, values.count)
            guard place < values.count, values[place] > -.infinity else { return (-.infinity, 0, 0) }
            return (values[place], place / width, place % width)
        }
    }

    /// The mean of the largest values, `percent` of all that count, at least one. Values must not be negative; those that are NaN do not
    /// count.
    package func meanOfLargest(percent: Double) -> Float {
        let values = values.contains(where: \.isNaN) ? values.filter { !$0.isNaN } : values
        let wanted = min(max(Int((Double(values.count) * percent / 100).rounded()), 1), values.count)
        // Floats that are not negative are ordered as their bits: a histogram over the high half finds, without sorting
        // all, the few values among which the boundary lies.
        var histogram = [Int](repeating: 0, count: 1 << 16)
        for value in values { histogram[Int(value.bitPattern >> 16)] += 1 }
        var (bin, above) = (histogram.count - 1, 0)
        while above + histogram[bin] < wanted {
            above += histogram[bin]
            bin -= 1
        }
        let boundary = values.filter { Int($0.bitPattern >> 16) == bin }.sorted(by: >).prefix(wanted - above)
        let total = values.reduce(0.0) { Int($1.bitPattern >> 16) > bin ? $0 + Double($1) : $0 }
        return Float((total + boundary.reduce(0.0) { $0 + Double($1) }) / Double(wanted))
    }
}

extension ImageScore {
    /// The score of a map, of whose pixels those count that are not NaN.
    package func score(of map: FloatImage) -> Float {
        switch self {
        case .max: map.maximum().value
        case .top(let percent): map.meanOfLargest(percent: percent)
        }
    }
}
