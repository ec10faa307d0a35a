import CDeflate
import CKernels

/// Packs pixels into a PNG (ISO/IEC 15948). The bytes depend on the pixels and on the compression library's version, nothing else.
///
/// Own code, since libpng packs row by row with zlib: libdeflate takes the whole at once, in less than half the time and somewhat
/// smaller, and what else a PNG of one kind of row needs is a few lines.
struct PNGWriter {
    enum Color: UInt8 {
        case gray = 0
        case rgb = 2

        var samples: Int { self == .gray ? 1 : 3 }
    }

    /// What each byte is foretold from.
    enum Filter: UInt8 {
        /// The pixel to the left.
        case sub = 1
        /// The row above.
        case up = 2
    }

    var width: Int
    var height: Int
    /// Of a sample: 8 or 16.
    var bits: UInt8
    var color: Color
    var filter: Filter
    /// Said in a chunk before the pixels: Latin-1, which these are a part of.
    var text: (keyword: String, text: String)?

    // Maps and overlays are many, and looked at rather than archived.
    private static let level: Int32 = 1
    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    // Length, four letters, and a CRC-32 of letters and content.
    private static let frameBytes = 12
    private static let headerBytes = 13

    /// - Parameter pixels: row by row, 16-bit samples with their high byte first.
    /// - Throws: `ImageError` where a side is larger than PNG can say, and where there is no memory.
    func write(_ pixels: UnsafeRawBufferPointer) throws -> [UInt8] {
        let pixelBytes = color.samples * Int(bits) / 8
        let rowBytes = width * pixelBytes
        precondition(pixels.count == rowBytes * height)
        guard width <= Int32.max, height <= Int32.max, (rowBytes + 1) * height <= Int32.max / 2 else {
            throw ImageError("PNG", "an image of \(width) x \(height) pixels is too large to write")
        }
        let lines = pixelArray(count: (rowBytes + 1) * height) { lines in
            scanlines_filter(
                pixels.baseAddress?.assumingMemoryBound(to: UInt8.self), height, rowBytes, pixelBytes, filter.rawValue,
                lines)
        }
        guard let deflater = libdeflate_alloc_compressor(Self.level) else {
            throw ImageError("PNG", "no memory for the encoder")
        }
        defer { libdeflate_free_compressor(deflater) }
        let room = libdeflate_zlib_compress_bound(deflater, lines.count)
        let note: [UInt8] = text.map { Array($0.keyword.utf8) + [0] + Array($0.text.utf8) } ?? []
        let capacity = Self.signature.count + 4 * Self.frameBytes + Self.headerBytes + note.count + room
        return [UInt8](unsafeUninitializedCapacity: capacity) { file, count in
            var end = 0
            func append(_ bytes: [UInt8]) {
                for byte in bytes {
                    file[end] = byte
                    end += 1
                }
            }
            /// - Parameter content: writes at most as many bytes as there is room, and says how many.
            func append(_ letters: StaticString, _ content: (UnsafeMutableRawBufferPointer) -> Int) {
                let start = end
                let checked = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(file)[(start + 4)...])
                letters.withUTF8Buffer { checked.copyBytes(from: $0) }
                let length = content(UnsafeMutableRawBufferPointer(rebasing: checked[4...]))
                append(Self.bigEndian(length))
                end += 4 + length
                append(Self.bigEndian(Int(libdeflate_crc32(0, checked.baseAddress, 4 + length))))
            }
            append(Self.signature)
            let header = Self.bigEndian(width) + Self.bigEndian(height) + [bits, color.rawValue, 0, 0, 0]
            append("IHDR") { room in
                room.copyBytes(from: header)
                return header.count
            }
            if !note.isEmpty {
                append("tEXt") { room in
                    room.copyBytes(from: note)
                    return note.count
                }
            }
            append("IDAT") { place in
                libdeflate_zlib_compress(deflater, lines, lines.count, place.baseAddress, min(room, place.count))
            }
            append("IEND") { _ in 0 }
            count = end
        }
    }

    private static func bigEndian(_ number: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}

/// Writes 8-bit RGB images: overlays.
public enum PNGEncoder {
    /// - Throws: `ImageError` where the encoder finds no memory.
    public static func encode(_ image: RGBImage) throws -> [UInt8] {
        // The filter that suits photographs.
        let writer = PNGWriter(width: image.width, height: image.height, bits: 8, color: .rgb, filter: .sub)
        return try image.pixels.withUnsafeBytes { try writer.write($0) }
    }
}
