import Imaging
import Thresholds

/// A region of an image's map in the pixels of the image as it was read.
public struct ImageRegion: Equatable, Sendable {
    public let left: Int
    public let top: Int
    public let width: Int
    public let height: Int
    /// In pixels of the image, rounded; at least one.
    public let area: Int
    public let peak: Float
    public let peakRow: Int
    public let peakColumn: Int

    /// - Parameter window: where the map lies in the image.
    public init(_ region: MapRegion, in window: InputWindow) {
        let columns = window.horizontal.originals(of: region.columns)
        let rows = window.vertical.originals(of: region.rows)
        (left, top, width, height) = (columns.lowerBound, rows.lowerBound, columns.count, rows.count)
        // A pixel of the map stands for so many of the image.
        let scale =
            Double(window.horizontal.original) / Double(window.horizontal.scaled) * Double(window.vertical.original)
            / Double(window.vertical.scaled)
        area = max(1, Int((Double(region.area) * scale).rounded()))
        peak = region.peak
        peakRow = window.vertical.original(of: region.peakRow)
        peakColumn = window.horizontal.original(of: region.peakColumn)
    }
}

extension Mask {
    /// The pixels of an image whose map reaches a threshold there. Where the map is finer than the image, no pixel of it is passed over.
    /// - Parameter window: where the map lies in the image.
    package init(of map: FloatImage, atLeast threshold: Threshold, in window: InputWindow) {
        let (width, height) = (window.horizontal.original, window.vertical.original)
        let columns = (0..<width).map { window.horizontal.inputs(of: $0) }
        var defective: [Bool] = []
        defective.reserveCapacity(width * height)
        for row in 0..<height {
            let rows = window.vertical.inputs(of: row)
            for columns in columns {
                defective.append(
                    rows.contains { row in
                        columns.contains { threshold.flags(map.values[row * map.width + $0]) }
                    })
            }
        }
        self.init(width: width, height: height, defective: defective)
    }
}
