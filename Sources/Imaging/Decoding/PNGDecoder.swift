import CPNG

/// PNG through libpng, with a short cut for plain ones.
struct PNGDecoder {
    let name: String
    let limits: ImageLimits
    let reduction: DepthReduction

    func decode(_ bytes: UnsafeRawBufferPointer) throws -> RGBImage {
        let reader = try PNGReader(bytes, name: name, limits: limits)
        let header = reader.header
        let pixels = try pixelArray(count: 3 * header.width * header.height) { output in
            if Self.decodePlain(bytes, header, into: output) { return }
            if header.bits == 16 {
                try reduceSamples(of: reader, into: output)
            } else {
                try reader.readRGB(into: output)
            }
        }
        return RGBImage(width: header.width, height: header.height, pixels: pixels)
    }

    /// Whether the PNG is plain and sound; if not, `output` is in any state.
    private static func decodePlain(
        _ bytes: UnsafeRawBufferPointer, _ header: png_header, into output: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        guard header.bits == 8, !header.is_palette, !header.is_interlaced,
            let packed = PNGPixelChunks(bytes: bytes).packed(from: header.pixels_offset)
        else { return false }
        let plain = PlainPNG(width: header.width, height: header.height, samples: header.samples)
        return plain.decode(packed, into: output)
    }

    private func reduceSamples(of reader: borrowing PNGReader, into output: UnsafeMutablePointer<UInt8>) throws {
        let (samples, count) = (reader.header.samples, reader.header.width * reader.header.height)
        try reader.samples().withUnsafeBytes {
            guard let deep = $0.bindMemory(to: UInt16.self).baseAddress else { return }
            PixelConversion.select(
                deep, colors: samples < 3 ? 1 : 3, step: samples, count: count, into: output, reduction.reduce)
        }
    }
}
