/// Reads an image of any kind into 8-bit RGB.
///
/// Gray is replicated, 16 bits are scaled by 1/257 with rounding, alpha is dropped, palette and CMYK are converted as
/// Pillow's `convert("RGB")` does; gamma, colour profiles and orientation tags are not applied. Whatever is wrong with an
/// image, its truncation among it, is an `ImageError` that names the file.
public enum ImageDecoder {
    public static func decode(file: String, limits: ImageLimits = .standard) throws -> RGBImage {
        try decode(file: file, limits: limits, reduction: .scaled)
    }

    /// Reads an image that is to be made small: a JPEG may come at a half, a quarter or an eighth of its size, which is
    /// much less work and changes what is made of it a little.
    /// - Parameters:
    ///   - width, height: what the image is to become. A reduced image has at least twice as many pixels a side.
    /// - Returns: the image, and the size of the whole one.
    public static func decode(
        file: String, toBecome width: Int, _ height: Int, limits: ImageLimits = .standard
    ) throws -> (image: RGBImage, width: Int, height: Int) {
        try ImageFile.read(file, limits: limits).withUnsafeBytes { bytes in
            try limits.check(fileBytes: bytes.count, of: file)
            if try ImageFormat(of: bytes, name: file) == .jpeg {
                return try JPEGDecoder(name: file, limits: limits, smallest: (width, height)).decodeReduced(bytes)
            }
            let image = try decode(bytes, name: file, limits: limits)
            return (image, image.width, image.height)
        }
    }

    /// - Parameter name: what errors call the image.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, name: String, limits: ImageLimits = .standard
    ) throws -> RGBImage {
        try decode(bytes, name: name, limits: limits, reduction: .scaled)
    }

    /// Whether a file holds further images of full size beside the one that is read.
    /// - Throws: `ImageError` where it cannot be told.
    public static func hasMorePages(file: String, limits: ImageLimits = .standard) throws -> Bool {
        try ImageFile.read(file, limits: limits).withUnsafeBytes { bytes in
            guard try ImageFormat(of: bytes, name: file) == .tiff else { return false }
            return try TIFFDecoder(name: file, limits: limits, reduction: .scaled).hasMorePages(bytes)
        }
    }

    static func decode(file: String, limits: ImageLimits, reduction: DepthReduction) throws -> RGBImage {
        try ImageFile.read(file, limits: limits).withUnsafeBytes {
            try decode($0, name: file, limits: limits, reduction: reduction)
        }
    }

    private static func decode(
        _ bytes: UnsafeRawBufferPointer, name: String, limits: ImageLimits, reduction: DepthReduction
    ) throws -> RGBImage {
        try limits.check(fileBytes: bytes.count, of: name)
        return try ImageFormat(of: bytes, name: name)
            .decode(bytes, name: name, limits: limits, reduction: reduction)
    }
}
