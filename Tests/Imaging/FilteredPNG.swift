import CDeflate
import Testing

/// A PNG of 8 bits a sample whose rows are filtered by chance, written down step by step as the specification has it.
struct FilteredPNG {
    let width: Int
    let height: Int
    let samples: Int
    /// `[row, column, sample]`.
    let pixels: [UInt8]
    /// A row's filter, 0 to 4.
    let filters: [UInt8]

    /// - Parameter piece: the bytes of pixels that one IDAT chunk holds.
    func file(piece: Int = .max) throws -> [UInt8] {
        let colorType: [Int: UInt8] = [1: 0, 2: 4, 3: 2, 4: 6]
        let header = try number(width) + number(height) + [8, #require(colorType[samples]), 0, 0, 0]
        let packed = try deflated(lines)
        let pieces = stride(from: 0, to: packed.count, by: piece).map {
            chunk("IDAT", Array(packed[$0..<min(packed.count, $0 + min(piece, packed.count))]))
        }
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", header) + chunk("tEXt", Array("Title\0filters".utf8)) + pieces.joined() + chunk("IEND", [])
    }

    private var lines: [UInt8] {
        (0..<height).flatMap { row in
            [filters[row]] + (0..<width * samples).map { pixel(row, $0) &- prediction(row, $0) }
        }
    }

    private func pixel(_ row: Int, _ byte: Int) -> UInt8 {
        row < 0 || byte < 0 ? 0 : pixels[row * width * samples + byte]
    }

    private func prediction(_ row: Int, _ byte: Int) -> UInt8 {
        let a = Int(pixel(row, byte - samples))
        let b = Int(pixel(row - 1, byte))
        let c = Int(pixel(row - 1, byte - samples))
        switch filters[row] {
        case 1: return UInt8(a)
        case 2: return UInt8(b)
        case 3: return UInt8((a + b) / 2)
        case 4: return UInt8([a, b, c].min { abs(a + b - c - $0) < abs(a + b - c - $1) } ?? 0)
        default: return 0
        }
    }

    private func deflated(_ bytes: [UInt8]) throws -> [UInt8] {
        let deflater = try #require(libdeflate_alloc_compressor(6))
        defer { libdeflate_free_compressor(deflater) }
        var packed = [UInt8](repeating: 0, count: libdeflate_zlib_compress_bound(deflater, bytes.count))
        let count = libdeflate_zlib_compress(deflater, bytes, bytes.count, &packed, packed.count)
        return Array(packed[..<count])
    }

    private func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let checked = Array(name.utf8) + content
        return number(content.count) + checked + number(Int(libdeflate_crc32(0, checked, checked.count)))
    }

    private func number(_ value: Int) -> [UInt8] {
        (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
