import CSPNG

/// A PNG's samples as the file has them: not converted, alpha and all. For maps and masks, whose numbers mean something.
struct PNGSamples {
    let header: spng_ihdr
    let name: String
    private let context: OpaquePointer

    // No chunk beside the pixels needs more; the library would let one ask for 2 GiB.
    private static let chunkLimit = 1 << 20
    // Deflate cannot pack tighter than 1 : 1032: a header that promises more is not worth the memory.
    private static let deflateLimit = 1032

    var width: Int { Int(header.width) }
    var height: Int { Int(header.height) }
    var depth: Int { Int(header.bit_depth) }
    var isPalette: Bool { UInt32(header.color_type) == SPNG_COLOR_TYPE_INDEXED.rawValue }
    var isInterlaced: Bool { UInt32(header.interlace_method) != SPNG_INTERLACE_NONE.rawValue }
    var hasAlpha: Bool { samples == 2 || samples == 4 }
    /// Of a pixel; a palette's index is one.
    let samples: Int

    /// Opens a PNG, checks its chunks and its size, and lends its samples.
    /// - Throws: `ImageError` where the file is damaged or too large, and what `body` throws.
    static func with<Result>(
        _ bytes: UnsafeRawBufferPointer, name: String, limits: ImageLimits, _ body: (PNGSamples) throws -> Result
    ) throws -> Result {
        guard let context = spng_ctx_new(0) else { throw ImageError(name, "no memory for the PNG decoder") }
        defer { spng_ctx_free(context) }
        return try body(PNGSamples(context, bytes, name, limits))
    }

    private init(
        _ context: OpaquePointer, _ bytes: UnsafeRawBufferPointer, _ name: String, _ limits: ImageLimits
    ) throws {
        (self.context, self.name) = (context, name)
        func check(_ code: Int32) throws { try Self.check(code, name) }
        try check(spng_set_chunk_limits(context, Self.chunkLimit, 4 * Self.chunkLimit))
        try check(spng_set_png_buffer(context, bytes.baseAddress, bytes.count))
        var header = spng_ihdr()
        try check(spng_get_ihdr(context, &header))
        self.header = header
        samples =
            switch UInt32(header.color_type) {
            case SPNG_COLOR_TYPE_TRUECOLOR.rawValue: 3
            case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA.rawValue: 2
            case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA.rawValue: 4
            default: 1
            }
        try limits.check(width: width, height: height, of: name)
        guard rowBytes * height / Self.deflateLimit <= bytes.count else {
            throw ImageError.damaged(name, "PNG", "\(bytes.count) bytes cannot hold \(width) x \(height) pixels")
        }
        _ = try PNGChunks(name: name, bytes: bytes).packedPixels()
    }

    /// Of a row as `bytes` has it.
    var rowBytes: Int { (width * samples * depth + 7) / 8 }

    /// The samples row by row: of less than 8 bits packed as the file has them, of 16 bits in this machine's order.
    ///
    /// Not for interlaced rows of less than 8 bits, which libspng does not put together rightly as they are.
    func bytes() throws -> [UInt8] { try decoded(SPNG_FMT_PNG, count: rowBytes * height) }

    /// Gray of less than 8 bits spread over 8: what is not 0 stays so.
    func spreadGray() throws -> [UInt8] { try decoded(SPNG_FMT_G8, count: width * height) }

    /// A palette's colours, three bytes a pixel.
    func colors() throws -> [UInt8] { try decoded(SPNG_FMT_RGB8, count: 3 * width * height) }

    private func decoded(_ format: spng_format, count: Int) throws -> [UInt8] {
        var needed = 0
        let format = Int32(format.rawValue)
        try Self.check(spng_decoded_image_size(context, format, &needed), name)
        guard needed == count else { throw ImageError(name, "the PNG's pixels take \(needed) bytes, not \(count)") }
        return try pixelArray(count: needed) {
            try Self.check(spng_decode_image(context, $0, needed, format, 0), name)
        }
    }

    /// The colours of a palette's index 0; nil where there is none.
    func firstColor() throws -> (UInt8, UInt8, UInt8)? {
        var palette = spng_plte()
        let found = spng_get_plte(context, &palette)
        if found == SPNG_ECHUNKAVAIL.rawValue { return nil }
        try Self.check(found, name)
        return palette.n_entries > 0 ? (palette.entries.0.red, palette.entries.0.green, palette.entries.0.blue) : nil
    }

    // Few are written; a file that has very many is not one of ours.
    private static let mostTexts: UInt32 = 64

    /// The text of that keyword, of the chunks before the pixels; its first 80 bytes.
    func text(_ keyword: String) throws -> String? {
        var count: UInt32 = 0
        let found = spng_get_text(context, nil, &count)
        if found == SPNG_ECHUNKAVAIL.rawValue { return nil }
        try Self.check(found, name)
        guard count <= Self.mostTexts else { throw ImageError(name, "the PNG has \(count) texts, more than are read") }
        var texts = [spng_text](repeating: spng_text(), count: Int(count))
        try Self.check(spng_get_text(context, &texts, &count), name)
        for text in texts {
            let isIt = withUnsafeBytes(of: text.keyword) { $0.prefix { $0 != 0 }.elementsEqual(keyword.utf8) }
            guard isIt, let start = text.text else { continue }
            let bytes = UnsafeRawBufferPointer(start: start, count: text.length)
            return String(decoding: bytes.prefix(80), as: UTF8.self)
        }
        return nil
    }

    private static func check(_ code: Int32, _ name: String) throws {
        guard code != 0 else { return }
        throw ImageError.damaged(name, "PNG", String(cString: spng_strerror(code)))
    }
}
