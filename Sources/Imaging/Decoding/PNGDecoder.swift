import CSPNG

/// PNG through libspng, which needs no setjmp and changes no pixel unasked, with a short cut for plain ones.
struct PNGDecoder {
    let name: String
    let limits: ImageLimits
    let reduction: DepthReduction

    // No chunk beside the pixels needs more; the library would let one ask for 2 GiB.
    private static let chunkLimit = 16 << 20
    // Deflate cannot pack tighter than 1 : 1032.
    private static let deflateLimit = 1032

    func decode(_ bytes: UnsafeRawBufferPointer) throws -> RGBImage {
        guard let context = spng_ctx_new(0) else { throw ImageError(name, "no memory for the PNG decoder") }
        defer { spng_ctx_free(context) }
        try check(spng_set_chunk_limits(context, Self.chunkLimit, 4 * Self.chunkLimit))
        try check(spng_set_png_buffer(context, bytes.baseAddress, bytes.count))
        var header = spng_ihdr()
        try check(spng_get_ihdr(context, &header))
        let width = Int(header.width)
        let height = Int(header.height)
        try limits.check(width: width, height: height, of: name)
        let bits = Int(header.bit_depth) * Self.samples(of: header)
        guard (width * bits + 7) / 8 * height / Self.deflateLimit <= bytes.count else {
            throw ImageError.damaged(name, "PNG", "\(bytes.count) bytes cannot hold \(width) x \(height) pixels")
        }
        let packed = try PNGChunks(name: name, bytes: bytes).packedPixels()
        let pixels = try pixelArray(count: 3 * width * height) { output in
            if Self.isPlain(header) {
                let plain = PlainPNG(width: width, height: height, samples: Self.samples(of: header))
                if plain.decode(packed, into: output) { return }
            }
            try decodePixels(context, header, count: width * height, into: output)
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    private static func isPlain(_ header: spng_ihdr) -> Bool {
        header.bit_depth == 8 && UInt32(header.color_type) != SPNG_COLOR_TYPE_INDEXED.rawValue
            && UInt32(header.interlace_method) == SPNG_INTERLACE_NONE.rawValue
    }

    private static func samples(of header: spng_ihdr) -> Int {
        switch UInt32(header.color_type) {
        case SPNG_COLOR_TYPE_TRUECOLOR.rawValue: 3
        case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA.rawValue: 2
        case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA.rawValue: 4
        default: 1
        }
    }

    private func decodePixels(
        _ context: OpaquePointer, _ header: spng_ihdr, count: Int, into output: UnsafeMutablePointer<UInt8>
    ) throws {
        let samples = Self.samples(of: header)
        let palette = UInt32(header.color_type) == SPNG_COLOR_TYPE_INDEXED.rawValue
        if palette || header.bit_depth < 8 || (samples == 3 && header.bit_depth == 8) {
            try decode(context, output, 3 * count, SPNG_FMT_RGB8)
        } else if header.bit_depth == 8 {
            try withScratch(of: UInt8.self, count * samples) { scratch in
                try decode(context, scratch, count * samples, SPNG_FMT_PNG)
                if samples == 1 {
                    PixelConversion.replicate(scratch, count: count, into: output)
                } else {
                    PixelConversion.select(
                        scratch, colors: samples < 3 ? 1 : 3, step: samples, count: count, into: output
                    ) { $0 }
                }
            }
        } else {
            try withScratch(of: UInt16.self, count * samples) { scratch in
                try decode(context, scratch, 2 * count * samples, SPNG_FMT_PNG)
                PixelConversion.select(
                    scratch, colors: samples < 3 ? 1 : 3, step: samples, count: count, into: output,
                    reduction.reduce)
            }
        }
    }

    private func withScratch<Sample: BitwiseCopyable>(
        of type: Sample.Type, _ count: Int, _ body: (UnsafeMutablePointer<Sample>) throws -> Void
    ) throws {
        let scratch = UnsafeMutablePointer<Sample>.allocate(capacity: count)
        defer { scratch.deallocate() }
        try body(scratch)
    }

    private func decode(
        _ context: OpaquePointer, _ output: UnsafeMutableRawPointer, _ size: Int, _ format: spng_format
    ) throws {
        var needed = 0
        try check(spng_decoded_image_size(context, Int32(format.rawValue), &needed))
        guard needed == size else {
            throw ImageError.damaged(name, "PNG", "its pixels take \(needed) bytes, not \(size)")
        }
        try check(spng_decode_image(context, output, size, Int32(format.rawValue), 0))
    }

    private func check(_ code: Int32) throws {
        guard code != 0 else { return }
        let truncated = code == SPNG_IO_EOF.rawValue || code == Int32(SPNG_EOF.rawValue)
        let reason = truncated ? "the file ends too early" : String(cString: spng_strerror(code))
        throw ImageError.damaged(name, "PNG", reason)
    }
}
