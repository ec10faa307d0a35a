import CTurboJPEG

/// Writes 8-bit RGB images as JPEG, for pages that show many: a tenth of a PNG's bytes. The bytes depend on the pixels and on the library's
/// version.
public enum JPEGEncoder {
    /// Artefacts are not seen at this quality, and colours are kept at every pixel.
    private static let quality: Int32 = 88

    /// - Throws: `ImageError` where the encoder finds no memory, or a side is larger than JPEG can say.
    public static func encode(_ image: RGBImage) throws -> [UInt8] {
        let most = 65_500
        guard image.width <= most, image.height <= most else {
            throw ImageError("JPEG", "an image of \(image.width) x \(image.height) pixels is too large to write")
        }
        guard let encoder = tjInitCompress() else { throw ImageError("JPEG", "no memory for the encoder") }
        defer { tjDestroy(encoder) }
        let sampling = Int32(TJSAMP_444.rawValue)
        let capacity = Int(tjBufSize(Int32(image.width), Int32(image.height), sampling))
        return try [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            var (place, bytes) = (buffer.baseAddress, UInt(capacity))
            let status = image.pixels.withUnsafeBufferPointer {
                tjCompress2(
                    encoder, $0.baseAddress, Int32(image.width), 0, Int32(image.height), Int32(TJPF_RGB.rawValue),
                    &place, &bytes, sampling, quality, TJFLAG_ACCURATEDCT | TJFLAG_NOREALLOC)
            }
            guard status == 0 else {
                throw ImageError("JPEG", tjGetErrorStr2(encoder).map { String(cString: $0) } ?? "the encoder failed")
            }
            count = Int(bytes)
        }
    }
}
