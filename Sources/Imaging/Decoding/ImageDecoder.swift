/// Reads an image of any kind into 8-bit RGB.
///
/// Gray is replicated, 16 bits are scaled by 1/257 with rounding, alpha is dropped, palette and CMYK are converted as
/// Pillow's `convert("RGB")` does; gamma, colour profiles and orientation tags are not applied. Whatever is wrong with an
/// image, its truncation among it, is an `ImageError` that names the file.
public enum ImageDecoder {
    public static func decode(file: String, limits: ImageLimits = .standard) throws -> RGBImage {
        try decode(file: file, limits: limits, reduction: .scaled)
    }

    /// - Parameter name: what errors call the image.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, name: String, limits: ImageLimits = .standard
    ) throws -> RGBImage {
        try decode(bytes, name: name, limits: limits, reduction: .scaled)
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
        return switch try ImageFormat(of: bytes, name: name) {
        case .png: try PNGDecoder(name: name, limits: limits, reduction: reduction).decode(bytes)
        case .jpeg: try JPEGDecoder(name: name, limits: limits).decode(bytes)
        case .tiff: try TIFFDecoder(name: name, limits: limits, reduction: reduction).decode(bytes)
        case .bmp: try BMPDecoder(name: name, limits: limits).decode(bytes)
        }
    }
}
