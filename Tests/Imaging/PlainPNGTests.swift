import Imaging
import TestSupport
import Testing

@Suite struct PlainPNGTests {
    /// Smooth pictures, so that predictions are close and wrap around at times, with a filter a row.
    private func picture(_ chance: inout SeededGenerator, samples: Int) -> FilteredPNG {
        let (width, height) = (1 + chance.below(40), 1 + chance.below(24))
        var value = 0
        let pixels = (0..<width * height * samples).map { _ in
            value += chance.below(21) - 10
            return UInt8(truncatingIfNeeded: value)
        }
        // Often the same filter several times: up to eight rows are taken together.
        var filter: UInt8 = 4
        let changes = chance.percent(50) ? 40 : 8
        let filters = (0..<height).map { _ in
            if chance.percent(changes) { filter = UInt8(chance.below(5)) }
            return filter
        }
        return FilteredPNG(width: width, height: height, samples: samples, pixels: pixels, filters: filters)
    }

    private func rgb(_ picture: FilteredPNG) -> [UInt8] {
        stride(from: 0, to: picture.pixels.count, by: picture.samples).flatMap { first in
            (0..<3).map { picture.pixels[first + (picture.samples < 3 ? 0 : $0)] }
        }
    }

    @Test(arguments: 1...4)
    func everyFilterIsTakenBack(samples: Int) throws {
        var chance = SeededGenerator(seed: UInt64(samples))
        for _ in 0..<200 {
            let picture = picture(&chance, samples: samples)
            let image = try ImageDecoder.decode(picture.file(piece: 1 + chance.below(300)))
            #expect((image.width, image.height) == (picture.width, picture.height))
            #expect(image.pixels == rgb(picture))
        }
    }

    @Test func aSixthFilterIsRefused() throws {
        let pixels = [UInt8](repeating: 7, count: 12)
        let picture = FilteredPNG(width: 4, height: 3, samples: 1, pixels: pixels, filters: [4, 5, 4])
        #expect(throws: ImageError.self) { try ImageDecoder.decode(picture.file()) }
    }

    /// A library that stops at the last row does not come to the check behind it.
    @Test(arguments: 1...4)
    func everyChangedByteIsNoticed(samples: Int) throws {
        var chance = SeededGenerator(seed: UInt64(10 + samples))
        let file = try picture(&chance, samples: samples).file(piece: 200)
        for index in 0..<file.count - 12 {
            var changed = file
            changed[index] ^= UInt8(1 << chance.below(8))
            #expect(throws: ImageError.self, "byte \(index)") { try ImageDecoder.decode(changed) }
        }
    }

    @Test func aFileThatEndsEarlyIsDamaged() throws {
        var chance = SeededGenerator(seed: 3)
        let file = try picture(&chance, samples: 1).file(piece: 40)
        for count in stride(from: 60, to: file.count - 60, by: 7) {
            #expect(throws: ImageError.self) { try ImageDecoder.decode(Array(file[..<count])) }
        }
    }
}
