import Imaging
import PaDiM
import Settings
import TestSupport
import Testing

@Suite struct TileBlendTests {
    /// An image's tiles, and the size of its map.
    private struct Case {
        let tiling: Tiling
        let image: (width: Int, height: Int)
        let map: (width: Int, height: Int)
        let input: Int
    }

    private static func drawn(_ seed: UInt64) -> Case {
        var random = SeededGenerator(seed: seed)
        let side = 16 + random.below(60)
        let tiling = Tiling(side: side, overlap: random.below(side / 2 + 1))
        let image = (width: side + random.below(150), height: side + random.below(150))
        let input = 8 + random.below(60)
        func length(_ of: Int) -> Int { max((2 * of * input + side) / (2 * side), 1) }
        return Case(tiling: tiling, image: image, map: (length(image.width), length(image.height)), input: input)
    }

    /// The maps that tiles have which all show the same picture of distances: f(y, x), of places in the image.
    private func blended(_ example: Case, _ f: (Double, Double) -> Double) -> FloatImage {
        let input = (width: example.input, height: example.input)
        var canvas = TileBlend(example.tiling, image: example.image, map: example.map, input: input).canvas
        let columns = example.tiling.starts(along: example.image.width)
        var tile = 0
        for top in example.tiling.starts(along: example.image.height) {
            for left in columns {
                let scale = Double(example.tiling.side) / Double(example.input)
                let values = (0..<example.input * example.input).map { place in
                    let row = (Double(place / example.input) + 0.5) * scale + Double(top)
                    return Float(f(row, (Double(place % example.input) + 0.5) * scale + Double(left)))
                }
                canvas.add(FloatImage(width: example.input, height: example.input, values: values), tile: tile)
                tile += 1
            }
        }
        return canvas.map
    }

    /// Tiles that agree are not changed by the blend: no seams, nothing left out, nothing counted twice.
    @Test(arguments: 1...60 as ClosedRange<UInt64>) func tilesThatAgreeAreTheMap(seed: UInt64) {
        let example = Self.drawn(seed)
        let even = blended(example) { _, _ in 7 }
        #expect((even.width, even.height) == example.map)
        #expect(even.values.allSatisfy { abs($0 - 7) < 1e-4 })
        // What is linear stays linear, but within half a pixel of the borders of tiles, beyond which a tile's map does not go on.
        let slope = blended(example) { 3 * $0 - 2 * $1 }
        let pixel = Double(example.tiling.side) / Double(example.input)
        for row in 0..<even.height {
            for column in 0..<even.width {
                let y = (Double(row) + 0.5) * Double(example.image.height) / Double(even.height)
                let x = (Double(column) + 0.5) * Double(example.image.width) / Double(even.width)
                let found = Double(slope.values[row * even.width + column])
                #expect(abs(found - (3 * y - 2 * x)) <= 2.5 * pixel + 1e-2)
            }
        }
    }

    /// One tile that differs fades out towards its borders within the image.
    @Test func aTilesBordersDoNotShow() {
        let tiling = Tiling(side: 64, overlap: 32)
        let blend = TileBlend(tiling, image: (128, 64), map: (128, 64), input: (64, 64))
        var canvas = blend.canvas
        for (tile, level) in [Float(1), 2, 1].enumerated() {
            canvas.add(FloatImage(width: 64, height: 64, values: [Float](repeating: level, count: 4_096)), tile: tile)
        }
        let row = canvas.map.values[0..<128]
        #expect(row[0] == 1 && row[127] == 1)
        #expect(zip(row, row.dropFirst()).allSatisfy { abs($0 - $1) < 0.04 })
        #expect(abs((row.max() ?? 0) - 2) < 0.02)
    }
}
