import TestSupport

/// A PNG of any kind of samples, interlaced or not, its rows unfiltered.
struct SampledPNG {
    struct Kind: Sendable, CustomStringConvertible {
        /// Of IHDR: 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGB and alpha.
        let color: UInt8
        let bits: Int
        let isInterlaced: Bool

        static let all = [
            (0, [1, 2, 4, 8, 16]), (2, [8, 16]), (3, [1, 2, 4, 8]), (4, [8, 16]), (6, [8, 16]),
        ].flatMap { color, depths in
            depths.flatMap { bits in
                [false, true].map { Kind(color: color, bits: bits, isInterlaced: $0) }
            }
        }

        var samples: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][color] ?? 0 }
        var description: String { "color type \(color), \(bits) bits\(isInterlaced ? ", interlaced" : "")" }
    }

    let kind: Kind
    let width: Int
    let height: Int
    /// `[row, column, sample]`.
    let samples: [Int]
    /// Red, green and blue of each index.
    var palette: [UInt8] = []
    /// Whole chunks between the header and the pixels, behind the palette.
    var before: [UInt8] = []

    init(_ kind: Kind, width: Int, height: Int, samples: [Int]) {
        (self.kind, self.width, self.height, self.samples) = (kind, width, height, samples)
    }

    init(_ kind: Kind, width: Int, height: Int, _ chance: inout SeededGenerator) {
        let samples = (0..<width * height * kind.samples).map { _ in chance.below(1 << kind.bits) }
        self.init(kind, width: width, height: height, samples: samples)
        if kind.color == 3 { palette = (0..<3 << kind.bits).map { _ in UInt8(chance.below(256)) } }
    }

    func file() -> [UInt8] { file(packed: PNGPieces.deflated(lines)) }

    /// - Parameter packed: the zlib stream in the only chunk of pixels.
    func file(packed: [UInt8]) -> [UInt8] {
        let header =
            PNGPieces.number(width) + PNGPieces.number(height)
            + [UInt8(kind.bits), kind.color, 0, 0, kind.isInterlaced ? 1 : 0]
        return PNGPieces.signature + PNGPieces.chunk("IHDR", header)
            + (palette.isEmpty ? [] : PNGPieces.chunk("PLTE", palette))
            + before + PNGPieces.chunk("IDAT", packed) + PNGPieces.chunk("IEND", [])
    }

    /// The rows of every pass, each behind the number of its filter.
    var lines: [UInt8] {
        let passes =
            kind.isInterlaced
            ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
            : [(0, 0, 1, 1)]
        return passes.flatMap { left, top, across, down in
            stride(from: top, to: height, by: down).flatMap { row in
                let columns = stride(from: left, to: width, by: across)
                let values = columns.flatMap { pixel(row * width + $0) }
                return values.isEmpty ? [] : [0] + bytes(values)
            }
        }
    }

    private func pixel(_ place: Int) -> ArraySlice<Int> {
        samples[place * kind.samples..<(place + 1) * kind.samples]
    }

    private func bytes(_ values: [Int]) -> [UInt8] {
        if kind.bits == 16 { return values.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } }
        let perByte = 8 / kind.bits
        return stride(from: 0, to: values.count, by: perByte).map { start in
            (0..<perByte).reduce(0) { byte, place in
                let value = start + place < values.count ? values[start + place] : 0
                return byte << UInt8(kind.bits) | UInt8(value)
            }
        }
    }

    /// What it must decode to.
    var rgb: [UInt8] {
        (0..<width * height).flatMap { place -> [UInt8] in
            let pixel = Array(pixel(place))
            if kind.color == 3 { return (0..<3).map { palette[3 * pixel[0] + $0] } }
            return (0..<3).map { channel in
                let value = pixel[kind.samples < 3 ? 0 : channel]
                return UInt8(kind.bits == 16 ? (value + 128) / 257 : value * 255 / (1 << kind.bits - 1))
            }
        }
    }
}
