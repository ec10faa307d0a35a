import ImageAccess
import Settings
import Storage

extension RegionOfInterest {
    /// Reads a mask of any kind that `Mask.decode` reads.
    /// - Parameter isIgnored: whether its marked pixels are those that do not count.
    /// - Throws: `ImageError` where the file cannot be read, or no pixel counts.
    public init(
        reading location: ImageLocation, by reader: ImageReader = .standard, isIgnored: Bool = false
    ) throws {
        let mask = try Mask.decode(location, by: reader).mask
        let counts = isIgnored ? mask.defective.map { !$0 } : mask.defective
        guard let region = RegionOfInterest(width: mask.width, height: mask.height, counts: counts) else {
            throw ImageError(
                location.text,
                isIgnored
                    ? "the mask marks every pixel as ignored, so no pixel would count; black is what counts"
                    : "the mask marks no pixel, so no pixel would count; white is what counts")
        }
        self = region
    }

    /// The region as a mask whose marked pixels count.
    public var mask: Mask {
        let defective = (0..<width * height).map { bits[$0 >> 3] & (0x80 >> ($0 & 7)) != 0 }
        return Mask(width: width, height: height, defective: defective)
    }

    /// Which pixels of a map count: those whose centre lies in a pixel of the image that counts. Where the map shows padding, none does.
    /// - Parameter window: where the map lies in an image of the region's size.
    /// - Returns: row by row, as many as the map has.
    public func counts(in window: InputWindow) -> [Bool] {
        func originals(_ axis: InputWindow.Axis) -> [Int?] {
            (0..<axis.input).map { axis.shown.contains($0) ? axis.original(of: $0) : nil }
        }
        let columns = originals(window.horizontal)
        return originals(window.vertical).flatMap { row in
            columns.map { column in
                guard let row, let column else { return false }
                return counts(row: row, column: column)
            }
        }
    }
}

extension FloatImage {
    /// The same of a map that has its image's size.
    /// - Parameter region: of that size.
    public func counting(only region: RegionOfInterest) -> FloatImage {
        precondition((width, height) == (region.width, region.height))
        return FloatImage(
            width: width, height: height,
            values: values.indices.map { region.bits[$0 >> 3] & (0x80 >> ($0 & 7)) != 0 ? values[$0] : .nan })
    }

    /// The map with NaN, which stands for no distance at all, where a pixel does not count.
    /// - Parameter counts: as many as there are pixels.
    public func counting(only counts: [Bool]) -> FloatImage {
        precondition(counts.count == values.count)
        return FloatImage(
            width: width, height: height, values: zip(values, counts).map { $1 ? $0 : .nan })
    }
}
