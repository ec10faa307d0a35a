import CWebP

/// WebP through libwebp, lossy or lossless; alpha is dropped.
///
/// An animation is refused, not read as its first picture: where parts are photographed it is a mistake, and which of its pictures
/// is meant only a person knows.
struct WebPDecoder {
    let name: String
    let limits: ImageLimits

    func decode(_ bytes: UnsafeRawBufferPointer) throws -> RGBImage {
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            throw ImageError(name, "the file is empty")
        }
        var features = WebPBitstreamFeatures()
        try check(WebPGetFeatures(start, bytes.count, &features))
        let (width, height) = (Int(features.width), Int(features.height))
        try limits.check(width: width, height: height, of: name)
        guard features.has_animation == 0 else {
            throw ImageError.unsupported(name, "an animated WebP", "save the picture that is meant as PNG")
        }
        let pixels = try pixelArray(count: 3 * width * height) { output in
            let rowBytes = Int32(3 * width)
            guard WebPDecodeRGBInto(start, bytes.count, output, 3 * width * height, rowBytes) != nil else {
                throw ImageError.damaged(name, "WebP", "its pixels cannot be read, or the file ends too early")
            }
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    /// Whether pixels are near those that were saved, and not the same.
    static func isLossy(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var features = WebPBitstreamFeatures()
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        return WebPGetFeatures(start, bytes.count, &features) == VP8_STATUS_OK && features.format == 1
    }

    private func check(_ status: VP8StatusCode) throws {
        switch status {
        case VP8_STATUS_OK: return
        case VP8_STATUS_NOT_ENOUGH_DATA: throw ImageError.damaged(name, "WebP", "the file ends too early")
        case VP8_STATUS_UNSUPPORTED_FEATURE: throw ImageError.unsupported(name, "a WebP of a kind that is not read")
        default: throw ImageError.damaged(name, "WebP", "its header makes no sense")
        }
    }
}
