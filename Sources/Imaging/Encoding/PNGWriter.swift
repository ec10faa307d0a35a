import CSPNG
import Foundation

/// Packs samples into a PNG. The bytes depend on the samples and on the compression library's version, nothing else.
struct PNGWriter {
    var width: Int
    var height: Int
    var bits: UInt8
    var color: spng_color_type
    var level: Int32
    var filters: spng_filter_choice

    /// - Parameter samples: row by row, 16-bit ones in this machine's byte order.
    func write(_ samples: UnsafeRawBufferPointer) throws -> [UInt8] {
        guard let context = spng_ctx_new(Int32(SPNG_CTX_ENCODER.rawValue)) else {
            throw ImageError("PNG", "no memory for the encoder")
        }
        defer { spng_ctx_free(context) }
        try check(spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1))
        try check(spng_set_option(context, SPNG_IMG_COMPRESSION_LEVEL, level))
        try check(spng_set_option(context, SPNG_FILTER_CHOICE, Int32(filters.rawValue)))
        guard let width = UInt32(exactly: width), let height = UInt32(exactly: height) else {
            throw ImageError("PNG", "no such size: \(self.width) x \(self.height)")
        }
        var header = spng_ihdr(
            width: width, height: height, bit_depth: bits, color_type: UInt8(color.rawValue), compression_method: 0,
            filter_method: 0, interlace_method: 0)
        try check(spng_set_ihdr(context, &header))
        try check(
            spng_encode_image(
                context, samples.baseAddress, samples.count, Int32(SPNG_FMT_PNG.rawValue),
                Int32(SPNG_ENCODE_FINALIZE.rawValue)))
        var count = 0
        var code: Int32 = 0
        guard let bytes = spng_get_png_buffer(context, &count, &code) else {
            throw ImageError("PNG", "cannot encode: \(String(cString: spng_strerror(code)))")
        }
        defer { free(bytes) }
        return [UInt8](UnsafeRawBufferPointer(start: bytes, count: count))
    }

    private func check(_ code: Int32) throws {
        guard code == 0 else { throw ImageError("PNG", "cannot encode: \(String(cString: spng_strerror(code)))") }
    }
}

/// Writes 8-bit RGB images: overlays.
public enum PNGEncoder {
    /// - Throws: `ImageError` where the encoder finds no memory.
    public static func encode(_ image: RGBImage) throws -> [UInt8] {
        // Overlays are looked at, not archived: the fastest level, and the filter that suits photographs.
        let writer = PNGWriter(
            width: image.width, height: image.height, bits: 8, color: SPNG_COLOR_TYPE_TRUECOLOR, level: 1,
            filters: SPNG_FILTER_CHOICE_SUB)
        return try image.pixels.withUnsafeBytes { try writer.write($0) }
    }
}
