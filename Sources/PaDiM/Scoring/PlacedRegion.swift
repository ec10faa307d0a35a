import Imaging
import Settings

/// A region of interest as it lies over a model's patches and maps.
///
/// What does not count leaves no trace in what does: distances of patches outside are left out of the blending of their neighbours' map.
package struct PlacedRegion: Sendable {
    package let region: RegionOfInterest
    /// Of the map at the network's input size, row by row.
    package let pixels: [Bool]
    /// A patch counts if a pixel that it covers does.
    package let patches: [Bool]
    /// How much of each pixel's value comes from patches that count; nil where all do.
    package let shares: FloatImage?

    /// - Throws: `PaDiMError` where no pixel of the region is in what the network sees.
    package init(
        _ region: RegionOfInterest, _ preprocessing: Preprocessing, grid: (height: Int, width: Int), _ maps: MapMaker
    ) throws {
        let pixels = try preprocessing.counted(region)
        let (height, width) = (preprocessing.settings.height, preprocessing.settings.width)
        func covered(_ index: Int, _ parts: Int, _ side: Int) -> Range<Int> {
            index * side / parts..<max(((index + 1) * side + parts - 1) / parts, index * side / parts + 1)
        }
        let patches = (0..<grid.height).flatMap { row in
            let rows = covered(row, grid.height, height).clamped(to: 0..<height)
            return (0..<grid.width).map { column in
                let columns = covered(column, grid.width, width).clamped(to: 0..<width)
                return rows.contains { row in columns.contains { pixels[row * width + $0] } }
            }
        }
        shares = patches.contains(false) ? maps.map(patches.map { $0 ? 1 : 0 }) : nil
        (self.region, self.pixels, self.patches) = (region, pixels, patches)
    }

    /// Why an image of that size cannot be scored in the region; nil where it can.
    package func misfit(width: Int, height: Int) -> String? {
        guard (width, height) != (region.width, region.height) else { return nil }
        return
            "it has \(width) x \(height) pixels, and the region of interest is for images of \(region.width) x \(region.height); "
            + "leave it out, or give a region of its size"
    }

    /// Less than this of a pixel's value, and it is 0. No pixel that counts has so little: the patch that covers it counts.
    private static let leastShare: Float = 0x1p-10

    /// The map of some distances, blended of those that count.
    /// - Parameter distances: of the patches, row by row.
    /// - Returns: a value for each pixel, of those outside too, which are blended of the region's patches or 0.
    package func map(_ distances: [Float], _ maps: MapMaker) -> FloatImage {
        guard let shares else { return maps.map(distances) }
        let blended = maps.map(zip(distances, patches).map { $1 ? $0 : 0 })
        return FloatImage(
            width: blended.width, height: blended.height,
            values: zip(blended.values, shares.values).map { $1 < Self.leastShare ? 0 : $0 / $1 })
    }

    /// The mean of the distances that count, in double, patch by patch.
    package func mean(_ distances: [Float]) -> Double {
        var (sum, count) = (0.0, 0)
        for (distance, isCounted) in zip(distances, patches) where isCounted {
            sum += Double(distance)
            count += 1
        }
        return sum / Double(max(count, 1))
    }
}
