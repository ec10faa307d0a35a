/// Which pixels of an image count: for scores, thresholds, regions of defects and metrics.
///
/// It is for images of exactly its size, as they are read, and turned where that is asked for.
public struct RegionOfInterest: Equatable, Sendable {
    public let width: Int
    public let height: Int
    /// A bit a pixel, row by row from the top without a gap between rows: the first pixel is the highest bit of the first byte. Bits behind
    /// the last pixel are 0.
    public let bits: [UInt8]
    /// How many pixels count; at least one.
    public let count: Int

    /// As an image's.
    public static let longestSide = 65_535
    public static let mostPixels = 178_956_970

    /// - Returns: nil where the sides are impossible, the bits are not of that size, or no pixel counts.
    public init?(width: Int, height: Int, bits: [UInt8]) {
        guard let bytes = Self.byteCount(width: width, height: height), bits.count == bytes else { return nil }
        let unused = bytes * 8 - width * height
        guard let last = bits.last, unused == 0 || last & (1 << unused - 1) == 0 else { return nil }
        (self.width, self.height, self.bits) = (width, height, bits)
        count = bits.reduce(0) { $0 + $1.nonzeroBitCount }
        if count == 0 { return nil }
    }

    /// - Parameter counts: row by row from the top.
    public init?(width: Int, height: Int, counts: [Bool]) {
        guard let bytes = Self.byteCount(width: width, height: height), counts.count == width * height else {
            return nil
        }
        var bits = [UInt8](repeating: 0, count: bytes)
        for (pixel, isCounted) in counts.enumerated() where isCounted { bits[pixel >> 3] |= 0x80 >> (pixel & 7) }
        self.init(width: width, height: height, bits: bits)
    }

    /// Nil where no image has such sides.
    public static func byteCount(width: Int, height: Int) -> Int? {
        let sides = 1...longestSide
        guard sides.contains(width), sides.contains(height), width <= mostPixels / height else { return nil }
        return (width * height + 7) / 8
    }

    public func counts(row: Int, column: Int) -> Bool {
        let pixel = row * width + column
        return bits[pixel >> 3] & (0x80 >> (pixel & 7)) != 0
    }

    /// The pixels that count in both.
    /// - Returns: nil where the sizes differ, or no pixel counts in both.
    public func intersection(_ other: RegionOfInterest) -> RegionOfInterest? {
        guard (width, height) == (other.width, other.height) else { return nil }
        return RegionOfInterest(width: width, height: height, bits: zip(bits, other.bits).map { $0 & $1 })
    }
}
