import Foundation
import Imaging
import Settings

/// An anomaly map as numbers, small enough to be part of a page.
package struct MapPicture: Codable, Equatable, Sendable {
    /// An 8-bit gray PNG. Sample 0 is a pixel that does not count, and 1 to 255 are distances from 0 to `highest`.
    package let png: Data
    package let highest: Float

    /// Pixels a side.
    private static let largestSide = 256

    /// - Throws: `ImageError` where there is no memory.
    package init(_ map: FloatImage) throws {
        let map = Self.reduced(map)
        let highest = map.values.reduce(0) { $1 > $0 && $1.isFinite ? $1 : $0 }
        let scale = (254 / highest).isFinite ? 254 / highest : 0
        // NaN where the map has it: such pixels do not count.
        let samples = map.values.map { value in
            value.isNaN ? 0 : 1 + UInt8((min(max(value, 0), highest) * scale).rounded())
        }
        self.highest = highest
        png = Data(try GrayEncoder.encode(samples, width: map.width, height: map.height))
    }

    /// The highest value of every square of two pixels, or three, and so on: what reaches a threshold is not lost.
    private static func reduced(_ map: FloatImage) -> FloatImage {
        let step = (max(map.width, map.height) + largestSide - 1) / largestSide
        guard step > 1 else { return map }
        let (width, height) = ((map.width + step - 1) / step, (map.height + step - 1) / step)
        var values = [Float](repeating: .nan, count: width * height)
        for row in 0..<map.height {
            for column in 0..<map.width {
                let value = map.values[row * map.width + column]
                let place = row / step * width + column / step
                if !(values[place] >= value), !value.isNaN { values[place] = value }
            }
        }
        return FloatImage(width: width, height: height, values: values)
    }
}
