import Imaging
import TestSupport
import Testing

@Suite struct InputWindowTests {
    static func window(_ seed: UInt64) -> InputWindow {
        var random = SeededGenerator(seed: seed)
        let (width, height) = (1 + random.below(90), 1 + random.below(90))
        guard random.percent(50) else {
            return InputWindow(
                width: width, height: height, input: (1 + random.below(50), 1 + random.below(50)), resize: nil,
                crop: nil)
        }
        let resize = 1 + random.below(40)
        let crop = 1 + random.below(resize)
        return InputWindow(width: width, height: height, input: (crop, crop), resize: resize, crop: crop)
    }

    /// Both directions are of one place.
    @Test(arguments: 1...200 as ClosedRange<UInt64>) func thereAndBack(seed: UInt64) {
        let window = Self.window(seed)
        for axis in [window.horizontal, window.vertical] {
            for pixel in 0..<axis.input {
                let originals = axis.originals(of: pixel..<pixel + 1)
                #expect(!originals.isEmpty && originals.lowerBound >= 0 && originals.upperBound <= axis.original)
                #expect(originals.contains(axis.original(of: pixel)))
            }
            var reached = [Bool](repeating: false, count: axis.input)
            for pixel in 0..<axis.original {
                let inputs = axis.inputs(of: pixel)
                #expect(inputs.lowerBound >= 0 && inputs.upperBound <= axis.input)
                for input in inputs {
                    #expect(axis.originals(of: input..<input + 1).contains(pixel))
                    reached[input] = true
                }
            }
            // No pixel of the input is without one of the image.
            #expect(reached.allSatisfy { $0 })
        }
    }

    @Test func rangesAreTheirPixels() {
        for seed in 1...50 as ClosedRange<UInt64> {
            let axis = Self.window(seed).horizontal
            let whole = axis.originals(of: 0..<axis.input)
            #expect(whole.lowerBound == axis.originals(of: 0..<1).lowerBound)
            #expect(whole.upperBound == axis.originals(of: axis.input - 1..<axis.input).upperBound)
        }
    }

    @Test func mapsOfTheImagesSizeAreTheImage() {
        let window = InputWindow(width: 7, height: 5)
        for pixel in 0..<7 {
            #expect(window.horizontal.originals(of: pixel..<pixel + 1) == pixel..<pixel + 1)
            #expect(window.horizontal.inputs(of: pixel) == pixel..<pixel + 1)
            #expect(window.horizontal.original(of: pixel) == pixel)
        }
    }

    @Test(arguments: [(1, 1), (7, 3), (64, 64), (1, 33)]) func masksAreReadAsTheyWereWritten(
        _ width: Int, _ height: Int
    ) throws {
        var random = SeededGenerator(seed: UInt64(width))
        let mask = Mask(
            width: width, height: height, defective: (0..<width * height).map { _ in random.percent(40) })
        let folder = try TemporaryFolder()
        let path = try folder.file("mask.png", MaskEncoder.encode(mask))
        #expect(try Mask.decode(.file(path)).mask == mask)
    }
}
