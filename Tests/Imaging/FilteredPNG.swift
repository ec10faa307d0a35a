import TestSupport
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
        let header =
            try PNGPieces.number(width) + PNGPieces.number(height) + [8, #require(colorType[samples]), 0, 0, 0]
        let packed = PNGPieces.deflated(lines)
        let pieces = stride(from: 0, to: packed.count, by: piece).map {
            PNGPieces.chunk("IDAT", Array(packed[$0..<min(packed.count, $0 + min(piece, packed.count))]))
        }
        return PNGPieces.signature + PNGPieces.chunk("IHDR", header)
            + PNGPieces.chunk("tEXt", Array("Title\0filters".utf8)) + pieces.joined() + PNGPieces.chunk("IEND", [])
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
}
