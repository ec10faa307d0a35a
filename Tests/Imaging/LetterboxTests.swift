import Imaging
import TestSupport
import Testing

@Suite struct LetterboxTests {
    @Test(arguments: 1...100 as ClosedRange<UInt64>) func imagesKeepTheirProportionsInTheMiddle(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let (width, height) = (1 + random.below(300), 1 + random.below(300))
        let frame = (width: 1 + random.below(64), height: 1 + random.below(64))
        let box = Letterbox(width: width, height: height, frame: frame)
        #expect(box.width == frame.width || box.height == frame.height)
        #expect(box.width <= frame.width && box.height <= frame.height && min(box.width, box.height) >= 1)
        #expect(abs(2 * box.left + box.width - frame.width) <= 1 && abs(2 * box.top + box.height - frame.height) <= 1)
        let scale = min(Double(frame.width) / Double(width), Double(frame.height) / Double(height))
        #expect(abs(Double(box.width) - max(Double(width) * scale, 1)) <= 0.5001)
        #expect(abs(Double(box.height) - max(Double(height) * scale, 1)) <= 0.5001)
        let window = InputWindow(padding: width, height, input: frame)
        #expect(window.horizontal.shown == box.left..<box.left + box.width)
        #expect(window.vertical.shown == box.top..<box.top + box.height)
        for axis in [window.horizontal, window.vertical] {
            for pixel in axis.shown {
                #expect(axis.originals(of: pixel..<pixel + 1).contains(axis.original(of: pixel)))
            }
            for pixel in 0..<axis.original {
                for input in axis.inputs(of: pixel) { #expect(axis.shown.contains(input)) }
            }
        }
    }

    @Test func whatIsBesideIsTheNearestPixel() {
        let image = RGBImage(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6])
        let framed = image.framed(width: 4, height: 2, left: 1, top: 1)
        let row: [UInt8] = [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]
        #expect(framed == RGBImage(width: 4, height: 2, pixels: row + row))
    }
}
