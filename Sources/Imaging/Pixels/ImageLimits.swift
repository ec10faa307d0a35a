/// What an image may ask for, checked before anything is allocated for it.
public struct ImageLimits: Sendable, Equatable {
    /// The size of the file, in bytes.
    public var maxFileBytes: Int
    /// Width times height.
    public var maxPixels: Int
    /// Width and height each.
    public var maxSide: Int

    public init(maxFileBytes: Int, maxPixels: Int, maxSide: Int) {
        (self.maxFileBytes, self.maxPixels, self.maxSide) = (maxFileBytes, maxPixels, maxSide)
    }

    /// 1 GiB of file, a side of 65,535, and 178,956,970 pixels (512 MiB as RGB): the count at which Pillow, too, refuses
    /// an image as a decompression bomb.
    public static let standard = ImageLimits(maxFileBytes: 1 << 30, maxPixels: 178_956_970, maxSide: 65_535)

    /// Whether an image of that size may be allocated.
    public func allow(width: Int, height: Int) -> Bool {
        width > 0 && height > 0 && width <= maxSide && height <= maxSide && width <= maxPixels / height
    }

    func check(width: Int, height: Int, of name: String) throws {
        guard width > 0, height > 0 else {
            throw ImageError(name, "the image has no pixels: its header says \(width) x \(height)")
        }
        guard allow(width: width, height: height) else {
            throw ImageError(
                name,
                "the image is too large: \(width) x \(height) pixels, where at most \(maxPixels) pixels and a side of "
                    + "\(maxSide) are read; cut it into tiles or scale it down")
        }
    }

    func check(fileBytes: Int, of name: String) throws {
        guard fileBytes <= maxFileBytes else {
            throw ImageError(name, "the file is too large: \(fileBytes) bytes, where at most \(maxFileBytes) are read")
        }
    }
}
