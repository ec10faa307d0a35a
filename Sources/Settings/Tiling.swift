/// How images that are larger than the network's input are cut into tiles. Neighbouring tiles overlap; the last ones of a row and of a column
/// end at the image's border.
public struct Tiling: Equatable, Sendable {
    /// A tile's side, in pixels of the image.
    public var side: Int
    /// How many pixels neighbouring tiles have in common, at least.
    public var overlap: Int
    /// The size that all images have, where each tile has Gaussians of its own; nil: all tiles share one set of Gaussians, and images may have
    /// any size.
    public var imageSize: ImageSize?

    public struct ImageSize: Equatable, Sendable {
        public var width: Int
        public var height: Int

        public init(width: Int, height: Int) { (self.width, self.height) = (width, height) }
    }

    public init(side: Int, overlap: Int, imageSize: ImageSize? = nil) {
        (self.side, self.overlap, self.imageSize) = (side, overlap, imageSize)
    }

    /// By which a job's record says how images are cut into tiles.
    public static let name = "tile"

    /// An eighth of the side.
    public static func usualOverlap(side: Int) -> Int { side / 8 }

    /// The most tiles of an image.
    public static let mostTiles = 1 << 10

    /// In words, what is impossible about the values; nil where nothing is.
    public var fault: String? {
        guard (16...InputSettings.maximumSide).contains(side) else {
            return "a tile's side must be 16 to \(InputSettings.maximumSide) pixels, not \(side)"
        }
        guard (0...side / 2).contains(overlap) else {
            return "tiles of \(side) pixels can overlap by 0 to \(side / 2) pixels, not \(overlap)"
        }
        guard let imageSize else { return nil }
        return obstacle(to: imageSize.width, imageSize.height)
    }

    /// Where the tiles of an image begin along an axis of `length` pixels: ascending, the first at 0. Empty where the axis is shorter than a
    /// tile.
    public func starts(along length: Int) -> [Int] {
        guard length >= side else { return [] }
        let step = side - overlap
        let count = (length - side + step - 1) / step + 1
        return (0..<count).map { min($0 * step, length - side) }
    }

    /// In words, why an image of that size cannot be cut into tiles; nil where it can.
    public func obstacle(to width: Int, _ height: Int) -> String? {
        if let imageSize, (width, height) != (imageSize.width, imageSize.height) {
            return "it has \(width) x \(height) pixels, and each tile has its own Gaussians for images of "
                + "\(imageSize.width) x \(imageSize.height)"
        }
        guard min(width, height) >= side else {
            return "it has \(width) x \(height) pixels, less than a tile of \(side): give a smaller --tile"
        }
        let step = side - overlap
        let (rows, columns) = ((height - side + step - 1) / step + 1, (width - side + step - 1) / step + 1)
        let (tiles, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard !overflow, tiles <= Self.mostTiles else {
            return
                "it would be cut into \(rows) x \(columns) tiles, and \(Self.mostTiles) are the most: give a larger --tile"
        }
        return nil
    }
}

extension Tiling: CustomStringConvertible {
    public var description: String {
        "\(side) overlap:\(overlap)" + (imageSize.map { " own:\($0.width)x\($0.height)" } ?? "")
    }
}

extension Tiling {
    /// The size of images in a description; nil where it has none.
    public static func imageSize(in description: String) -> ImageSize? {
        guard let word = description.split(separator: " ").first(where: { $0.hasPrefix("own:") }) else { return nil }
        let sides = word.dropFirst(4).split(separator: "x").map { Int($0) }
        guard sides.count == 2, let width = sides[0], let height = sides[1] else { return nil }
        return ImageSize(width: width, height: height)
    }
}

extension Tiling {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case tile, tileOverlap, tileImageWidth, tileImageHeight
    }

    static var fieldNames: [String] { CodingKeys.allCases.map(\.rawValue) }

    /// Nil where the fields of tiles are not there. They stand beside others.
    init?(ifPresentIn decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        guard let side = try values.decodeIfPresent(Int.self, forKey: .tile) else { return nil }
        let width = try values.decodeIfPresent(Int.self, forKey: .tileImageWidth)
        let height = try values.decodeIfPresent(Int.self, forKey: .tileImageHeight)
        self.init(
            side: side, overlap: try values.decode(Int.self, forKey: .tileOverlap),
            imageSize: width == nil && height == nil ? nil : ImageSize(width: width ?? 0, height: height ?? 0))
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(side, forKey: .tile)
        try values.encode(overlap, forKey: .tileOverlap)
        try values.encodeIfPresent(imageSize?.width, forKey: .tileImageWidth)
        try values.encodeIfPresent(imageSize?.height, forKey: .tileImageHeight)
    }
}
