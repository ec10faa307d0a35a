import Foundation
import Imaging
import TestSupport
import Testing

/// Overlays are what docs/NUMERICS.md says.
@Suite struct OverlayPageTests {
    /// The page's palette.
    private func palette() throws -> [[UInt8]] {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/../../docs/NUMERICS.md"
        let page = try String(contentsOfFile: path, encoding: .utf8)
        let lines = page.split(separator: "\n").filter {
            $0.wholeMatch(of: #/ {4}[0-9a-f]{6}( [0-9a-f]{6}){15}/#) != nil
        }
        return lines.flatMap { $0.split(separator: " ") }.compactMap { UInt32($0, radix: 16) }.map { color in
            [16, 8, 0].map { UInt8(truncatingIfNeeded: color >> UInt32($0)) }
        }
    }

    @Test(arguments: [Float(10.75)...32.25, 0...1e-30, 5...5, 0...0, -3...7], [50, 1, 33, 80, 100])
    func everyPixelIsAsThePageSays(range: ClosedRange<Float>, overlayOpacity: Int) throws {
        let palette = try palette()
        #expect(palette.count == 256 && palette.count == ColorMap.inferno.count)
        var random = SeededGenerator(seed: 3)
        let (width, height) = (41, 17)
        var values = (0..<width * height).map { _ in Float.random(in: -10...50, using: &random) }
        values.replaceSubrange(0..<6, with: [range.lowerBound, range.upperBound, 0, 5, 1e30, 3.4e38])
        // Halfway between two colours, and what rounding makes of it.
        for step in 0..<100 {
            let share = (Float(step) + 0.5) / 255
            values[6 + step] = range.lowerBound + (range.upperBound - range.lowerBound) * share
        }
        let pixels = (0..<3 * width * height).map { _ in UInt8.random(in: 0...255, using: &random) }
        let overlay = try Overlay.render(
            image: RGBImage(width: width, height: height, pixels: pixels),
            map: FloatImage(width: width, height: height, values: values), range: range,
            opacity: Float(overlayOpacity) / 100)
        let (first, last) = (range.lowerBound, range.upperBound)
        let a = Int((256 * Double(overlayOpacity) / 100).rounded())
        #expect(overlayOpacity != 50 || a == 128)
        for (place, v) in values.enumerated() {
            let s: Float = last == first ? 3.4028235e38 : 1 / (last - first)
            let u = (v - first) * s
            let i = u > 0 ? Int(floor(Double(min(255 * u, 255)) + 0.5)) : 0
            for channel in 0..<3 {
                let out = ((256 - a) * Int(pixels[3 * place + channel]) + a * Int(palette[i][channel]) + 128) >> 8
                #expect(Int(overlay.pixels[3 * place + channel]) == out)
            }
        }
    }
}
