/// Windows and OS/2 bitmaps, to Pillow's pixels.
///
/// Own code, since Debian has no library that reads them well: stb_image knows neither run-length coding nor headers of 52 and 64
/// bytes, netpbm and ImageMagick are programs rather than libraries, and SDL and GDK bring a window system.
/// What is read beyond Pillow: bit fields of any width and place, masks with alpha behind a header of 40 bytes, 2 bits a pixel and
/// OS/2's header of 16 bytes. Alpha is dropped.
struct BMPDecoder {
    let name: String
    let limits: ImageLimits

    func decode(_ bytes: UnsafeRawBufferPointer) throws -> RGBImage {
        let header = try BMPHeader(bytes, name: name, limits: limits)
        if case .runs = header.storage {
            let runs = BMPRunLength(header: header, name: name)
            return try image(header) { try runs.decode(bytes, into: $0) }
        }
        // The last row need not be padded.
        let rowBytes = (header.width * header.bits + 7) / 8
        guard header.pixelsAt + header.stride * (header.height - 1) + rowBytes <= bytes.count,
            let start = bytes.baseAddress
        else { throw tooShort(header, bytes.count) }
        return try image(header) { output in
            for row in 0..<header.height {
                let source = start + header.pixelsAt + row * header.stride
                let target = output + 3 * header.width * (header.isTopDown ? row : header.height - 1 - row)
                if case .fields(let fields) = header.storage {
                    Self.convert(source, header, fields, into: target)
                } else {
                    Self.lookUp(source, header, into: target)
                }
            }
        }
    }

    private func image(
        _ header: BMPHeader, _ fill: (UnsafeMutablePointer<UInt8>) throws -> Void
    ) throws -> RGBImage {
        let pixels = try pixelArray(count: 3 * header.width * header.height, fill)
        return RGBImage(width: header.width, height: header.height, pixels: pixels)
    }

    private func tooShort(_ header: BMPHeader, _ count: Int) -> ImageError {
        if header.paletteIsAssumed {
            return .unsupported(name, "a BMP of \(header.bits) bits a pixel without a palette, or cut off")
        }
        return .damaged(name, "BMP", "the file ends too early")
    }

    private static func lookUp(
        _ source: UnsafeRawPointer, _ header: BMPHeader, into target: UnsafeMutablePointer<UInt8>
    ) {
        let (bits, perByte) = (header.bits, 8 / header.bits)
        let mask = UInt8(truncatingIfNeeded: 1 << bits - 1)
        header.palette.withUnsafeBufferPointer { palette in
            for x in 0..<header.width {
                let byte = source.load(fromByteOffset: x / perByte, as: UInt8.self)
                let index = Int(byte >> UInt8(8 - bits - x % perByte * bits) & mask)
                for channel in 0..<3 { target[3 * x + channel] = palette[3 * index + channel] }
            }
        }
    }

    private static func convert(
        _ source: UnsafeRawPointer, _ header: BMPHeader, _ fields: [BMPField],
        into target: UnsafeMutablePointer<UInt8>
    ) {
        let (red, green, blue) = (fields[0], fields[1], fields[2])
        let bytesPerPixel = header.bits / 8
        for x in 0..<header.width {
            let at = source + x * bytesPerPixel
            var pixel = UInt32(UInt16(littleEndian: at.loadUnaligned(as: UInt16.self)))
            if bytesPerPixel > 2 { pixel |= UInt32(at.load(fromByteOffset: 2, as: UInt8.self)) << 16 }
            if bytesPerPixel > 3 { pixel |= UInt32(at.load(fromByteOffset: 3, as: UInt8.self)) << 24 }
            target[3 * x] = red.value(pixel)
            target[3 * x + 1] = green.value(pixel)
            target[3 * x + 2] = blue.value(pixel)
        }
    }
}
