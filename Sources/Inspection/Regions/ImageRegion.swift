import Imaging

/// A region of an image's map in the pixels of the image as it was read, and turned where the model turns images.
///
/// A pixel of the image belongs to the region if the map's pixel at its centre does, or, along an axis on which the map is finer, any
/// that it has a part of. Box, area and centroid are those of these pixels; mean and peak are of the map's.
public struct ImageRegion: Equatable, Sendable {
    public let shape: PixelColumns
    public let left: Int
    public let top: Int
    public let width: Int
    public let height: Int
    /// The number of its pixels; at least one.
    public let area: Int
    /// The mean place of its pixels, whose centres are at whole numbers.
    public let centroidRow: Double
    public let centroidColumn: Double
    public let mean: Double
    public let peak: Float
    public let peakRow: Int
    public let peakColumn: Int

    /// - Parameter window: where the map lies in the image.
    public init(_ region: MapRegion, in window: InputWindow) {
        self.init(region, in: RegionPlacement(window))
    }

    init(_ region: MapRegion, in placement: RegionPlacement) {
        shape = placement.image(of: PixelColumns(of: region))
        let (window, box) = (placement.window, shape.box)
        (left, top, width, height) = (box.columns.lowerBound, box.rows.lowerBound, box.columns.count, box.rows.count)
        area = shape.area
        (centroidRow, centroidColumn) = shape.centroid
        (mean, peak) = (region.mean, region.peak)
        peakRow = window.vertical.original(of: region.peakRow)
        peakColumn = window.horizontal.original(of: region.peakColumn)
    }
}

extension Mask {
    /// The pixels of regions of an image of that size.
    package init(of regions: [ImageRegion], width: Int, height: Int) {
        var defective = [Bool](repeating: false, count: width * height)
        for region in regions {
            for (column, stretches) in zip(region.shape.left..., region.shape.columns) {
                for row in stretches.joined() { defective[row * width + column] = true }
            }
        }
        self.init(width: width, height: height, defective: defective)
    }
}
