import CSTB

/// Windows bitmaps through stb_image, behind checks of its own: the library takes a missing byte for 0 and an index
/// without a colour for whatever its stack holds.
struct BMPDecoder {
    let name: String
    let limits: ImageLimits

    private struct Header {
        var width: Int
        var height: Int
        var bits: Int
        var pixelsAt: Int
        /// Colours of the palette as the library counts them.
        var colors: Int
        /// Bytes of a row, padding included.
        var stride: Int { (width * bits + 31) / 32 * 4 }
    }

    func decode(_ bytes: UnsafeRawBufferPointer) throws -> RGBImage {
        let header = try readHeader(bytes)
        try checkIndices(bytes, header)
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let length = Int32(exactly: bytes.count)
        else { throw ImageError(name, "the BMP is larger than 2 GiB") }
        var (width, height, channels): (Int32, Int32, Int32) = (0, 0, 0)
        guard let decoded = stbi_load_from_memory(start, length, &width, &height, &channels, 3) else {
            throw damaged(stbi_failure_reason().map { String(cString: $0) } ?? "unknown")
        }
        defer { stbi_image_free(decoded) }
        guard Int(width) == header.width, Int(height) == header.height else { throw damaged("its size is unclear") }
        let pixels = [UInt8](UnsafeBufferPointer(start: decoded, count: 3 * header.width * header.height))
        return RGBImage(width: header.width, height: header.height, pixels: pixels)
    }

    private func readHeader(_ bytes: UnsafeRawBufferPointer) throws -> Header {
        guard bytes.count >= 26 else { throw damaged("the file ends within its header") }
        func number<Number: FixedWidthInteger>(_ type: Number.Type, _ offset: Int) -> Int {
            Int(Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type)))
        }
        let pixelsAt = number(UInt32.self, 10)
        let size = number(UInt32.self, 14)
        guard [12, 40, 56, 108, 124].contains(size), bytes.count >= 14 + size else {
            throw damaged("its header of \(size) bytes is of no known kind or cut short")
        }
        let old = size == 12
        let width = old ? number(UInt16.self, 18) : number(Int32.self, 18)
        let height = abs(old ? number(UInt16.self, 20) : number(Int32.self, 22))
        let bits = number(UInt16.self, old ? 24 : 28)
        let compression = old ? 0 : number(UInt32.self, 30)
        try limits.check(width: width, height: height, of: name)
        guard [1, 4, 8, 16, 24, 32].contains(bits) else { throw damaged("\(bits) bits a pixel") }
        guard compression == 0 || compression == 3 else {
            throw ImageError(name, "a compressed BMP, which is not read; convert it to PNG")
        }
        let masks = compression == 3 && size < 108 ? 12 : 0
        let room = pixelsAt - 14 - size - masks
        guard room >= 0 else { throw damaged("its pixels begin within its header") }
        // For the oldest kind of header the library counts 12 bytes twice.
        let colors = bits > 8 ? 0 : old ? max(0, room - 12) / 3 : room / 4
        let header = Header(width: width, height: height, bits: bits, pixelsAt: pixelsAt, colors: colors)
        guard pixelsAt + header.stride * height <= bytes.count else { throw damaged("the file ends too early") }
        return header
    }

    private func checkIndices(_ bytes: UnsafeRawBufferPointer, _ header: Header) throws {
        guard header.bits <= 8, header.colors < 1 << header.bits else { return }
        let perByte = 8 / header.bits
        let mask = UInt8(truncatingIfNeeded: 1 << header.bits - 1)
        for row in 0..<header.height {
            let start = header.pixelsAt + row * header.stride
            for x in 0..<header.width {
                let shift = 8 - header.bits - x % perByte * header.bits
                let index = bytes[start + x / perByte] >> UInt8(shift) & mask
                guard index < header.colors else { throw damaged("a pixel names a colour that its palette lacks") }
            }
        }
    }

    private func damaged(_ reason: String) -> ImageError { ImageError(name, "the BMP is damaged: \(reason)") }
}
