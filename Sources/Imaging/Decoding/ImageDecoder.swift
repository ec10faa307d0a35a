import Settings
import Storage

/// Reads an image of any kind into 8-bit RGB.
///
/// Gray is replicated, 16 bits are scaled by 255 / white level with rounding, alpha is dropped, palette and CMYK are converted as
/// Pillow's `convert("RGB")` does; gamma and colour profiles are not applied, and the stated orientation only where that is asked for.
/// Whatever is wrong with an image, its truncation among it, is an `ImageError` that names the file.
public enum ImageDecoder {
    /// The white level of samples that use all their 16 bits.
    public static let fullWhite = UInt16.max

    /// - Parameter whiteLevel: the sample of 16 bits that becomes 255, as do those above it. Cameras put 10 or 12 bits there.
    public static func decode(
        _ location: ImageLocation, whiteLevel: UInt16 = fullWhite, orientation: OrientationRule = .ignore,
        limits: ImageLimits = .standard
    ) throws -> RGBImage {
        try EncodedImage(reading: location, limits: limits).decode(whiteLevel: whiteLevel, orientation: orientation)
    }

    /// The same of a file.
    public static func decode(file: String) throws -> RGBImage { try decode(.file(file)) }

    /// Reads an image that is to be made small, as `EncodedImage.decode(toBecome:)` does.
    public static func decode(
        _ location: ImageLocation, toBecome width: Int, _ height: Int, whiteLevel: UInt16 = fullWhite,
        orientation: OrientationRule = .ignore, limits: ImageLimits = .standard
    ) throws -> (image: RGBImage, width: Int, height: Int) {
        try EncodedImage(reading: location, limits: limits).decode(
            toBecome: width, height, whiteLevel: whiteLevel, orientation: orientation)
    }

    /// - Parameter name: what errors call the image.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, name: String, whiteLevel: UInt16 = fullWhite, limits: ImageLimits = .standard
    ) throws -> RGBImage {
        try decode(bytes, name: name, limits: limits, reduction: DepthReduction(whiteLevel: whiteLevel))
    }

    static func decode(
        _ bytes: UnsafeRawBufferPointer, name: String, limits: ImageLimits, reduction: DepthReduction
    ) throws -> RGBImage {
        try limits.check(fileBytes: bytes.count, of: name)
        return try ImageFormat(of: bytes, name: name)
            .decode(bytes, name: name, limits: limits, reduction: reduction)
    }
}
