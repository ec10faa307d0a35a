import Foundation
import Imaging
import Settings

/// An anomaly map in colours, small enough to be part of a page.
package struct MapPicture: Equatable, Sendable {
    /// The picture itself, as a link.
    package let source: String
    /// Whether the map's highest values are missing.
    package let isCutOff: Bool

    /// Pixels a side: as many as the page shows.
    private static let largestSide = 256

    /// - Parameter range: the values of the first and the last colour.
    /// - Throws: `ImageError` where the file holds no map.
    init(file: String, range: ClosedRange<Float>) throws {
        let stored = try MapFormat.decode(file: file)
        let map = Self.thinned(stored.map)
        let black = RGBImage(
            width: map.width, height: map.height, pixels: [UInt8](repeating: 0, count: 3 * map.width * map.height))
        let picture = try Overlay.render(image: black, map: map, range: range, opacity: 1)
        source = "data:image/png;base64," + Data(try PNGEncoder.encode(picture)).base64EncodedString()
        isCutOff = stored.isCutOff
    }

    /// Every second pixel, or third, and so on: a map is smooth.
    private static func thinned(_ map: FloatImage) -> FloatImage {
        let step = (max(map.width, map.height) + largestSide - 1) / largestSide
        guard step > 1 else { return map }
        let columns = stride(from: min(step / 2, map.width - 1), to: map.width, by: step)
        let rows = stride(from: min(step / 2, map.height - 1), to: map.height, by: step)
        let values = rows.flatMap { row in columns.map { map.values[row * map.width + $0] } }
        return FloatImage(width: Array(columns).count, height: Array(rows).count, values: values)
    }
}
