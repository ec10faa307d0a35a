/// PBM, PGM and PPM, as text and binary, of 1 to 16 bits; of several images in a file the first.
///
/// Own code, since Debian's libnetpbm ends the process or jumps out of the caller where a file is damaged, and the format is two pages.
///
/// Up to a largest value of 255 the pixels are Pillow's: rounded in Float64, ties to even. Above it they are 16-bit samples, whose
/// white is the file's largest value or the job's white level, whichever is lower.
struct NetpbmDecoder {
    let name: String
    let limits: ImageLimits
    let reduction: DepthReduction

    func decode(_ bytes: UnsafeRawBufferPointer) throws -> RGBImage {
        let header = try NetpbmHeader(bytes, name: name, limits: limits)
        let smallest = header.isPlain ? Self.smallestText(header) : Self.binaryBytes(header)
        guard smallest <= bytes.count - header.pixelsAt else { throw damaged("the file ends too early") }
        let (width, height) = (header.width, header.height)
        let pixels = try pixelArray(count: 3 * width * height) { output in
            if header.isPlain {
                try readText(bytes, header, into: output)
            } else {
                readBinary(UnsafeRawBufferPointer(rebasing: bytes[header.pixelsAt...]), header, into: output)
            }
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    /// Numbers of one digit with a space between them; a bitmap's need none.
    private static func smallestText(_ header: NetpbmHeader) -> Int {
        header.color == .bitmap ? header.samples : 2 * header.samples - 1
    }

    private static func binaryBytes(_ header: NetpbmHeader) -> Int {
        header.color == .bitmap
            ? (header.width + 7) / 8 * header.height : header.samples * (header.maximum > 255 ? 2 : 1)
    }

    /// What each sample up to the largest becomes.
    private func shades(_ header: NetpbmHeader) -> [UInt8] {
        // In a bitmap 1 is black.
        if header.color == .bitmap { return [255, 0] }
        let maximum = header.maximum
        guard maximum > 255 else {
            return (0...maximum).map {
                UInt8((Double($0) / Double(maximum) * 255).rounded(.toNearestOrEven))
            }
        }
        let reduction = reduction.withWhite(atMost: UInt16(maximum))
        return (0...maximum).map { reduction.reduce(UInt16($0)) }
    }

    private func readText(
        _ bytes: UnsafeRawBufferPointer, _ header: NetpbmHeader, into output: UnsafeMutablePointer<UInt8>
    ) throws {
        let shades = shades(header)
        var text = NetpbmText(bytes: bytes, at: header.pixelsAt)
        for index in 0..<header.samples {
            guard let value = header.color == .bitmap ? text.bit() : text.number() else {
                throw damaged(text.at < bytes.count ? "no number at byte \(text.at)" : "the file ends too early")
            }
            guard value <= header.maximum else {
                throw damaged("the value \(value) before byte \(text.at) is above its largest, \(header.maximum)")
            }
            Self.put(shades[value], index, header, output)
        }
    }

    /// Values above the largest are white, as in Pillow.
    private func readBinary(
        _ bytes: UnsafeRawBufferPointer, _ header: NetpbmHeader, into output: UnsafeMutablePointer<UInt8>
    ) {
        let shades = shades(header)
        shades.withUnsafeBufferPointer { shades in
            if header.color == .bitmap {
                let rowBytes = (header.width + 7) / 8
                for row in 0..<header.height {
                    for column in 0..<header.width {
                        let bit = bytes[row * rowBytes + column / 8] >> UInt8(7 - column % 8) & 1
                        Self.put(shades[Int(bit)], row * header.width + column, header, output)
                    }
                }
            } else if header.maximum > 255 {
                for index in 0..<header.samples {
                    let value = Int(bytes[2 * index]) << 8 | Int(bytes[2 * index + 1])
                    Self.put(shades[min(value, header.maximum)], index, header, output)
                }
            } else {
                for index in 0..<header.samples {
                    Self.put(shades[min(Int(bytes[index]), header.maximum)], index, header, output)
                }
            }
        }
    }

    @inline(__always)
    private static func put(
        _ value: UInt8, _ index: Int, _ header: NetpbmHeader, _ output: UnsafeMutablePointer<UInt8>
    ) {
        if header.color == .rgb {
            output[index] = value
        } else {
            output[3 * index] = value
            output[3 * index + 1] = value
            output[3 * index + 2] = value
        }
    }

    private func damaged(_ reason: String) -> ImageError { .damaged(name, "Netpbm file", reason) }
}
