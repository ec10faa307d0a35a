import Compute
import Gaussian
import Imaging
import Settings
import Storage
import Tensors

/// From the distances on the grid of patches to the smoothed map at the network's input size, and on to other sizes.
package final class MapMaker: Sendable {
    private let vertical: PackedAxisMap
    private let horizontal: PackedAxisMap
    private let kernels: UncheckedKernels
    /// Most images of a job are of one size, or of a few.
    private let placements = Locked<[InputWindow: Placement]>([:])

    private struct Placement {
        let vertical: PackedAxisMap
        let horizontal: PackedAxisMap
    }

    private static let mostPlacements = 16
    // The blur, in pixels of the network's input.
    private static let (sigma, radius) = (4.0, 16)

    /// - Parameters:
    ///   - grid: of the patches.
    ///   - finest: the grid that distances are enlarged to by repetition, before they are blended; nil: that of the patches.
    package init(
        grid: (height: Int, width: Int), finest: (height: Int, width: Int)? = nil, input: (height: Int, width: Int),
        _ border: BlurBorder, _ set: InstructionSet
    ) throws {
        let finest = finest ?? grid
        vertical = try PackedAxisMap(
            Self.axis(grid: grid.height, finest: finest.height, input: input.height, border))
        horizontal = try PackedAxisMap(Self.axis(grid: grid.width, finest: finest.width, input: input.width, border))
        kernels = UncheckedKernels(pointer: try set.statisticsKernels())
    }

    /// From the patches to the network's input along one axis: enlarged, then blurred.
    package static func axis(grid: Int, finest: Int, input: Int, _ border: BlurBorder) -> AxisMap {
        let blur = AxisMap.blur(input, sigma: sigma, radius: radius, border: border)
        let enlarged = AxisMap.bilinear(from: finest, to: input).followed(by: blur)
        return grid == finest ? enlarged : AxisMap.repeating(grid, to: finest).followed(by: enlarged)
    }

    /// From distances at the patches of one input of an embedder.
    convenience init(of embedder: Embedder, _ border: BlurBorder) throws {
        let (space, finest) = (embedder.space, embedder.mapGrid)
        let grid = embedder.tiles.tile
        try self.init(
            grid: (grid.height, grid.width), finest: (finest.height, finest.width),
            input: (space.input.height, space.input.width), border, embedder.instructionSet)
    }

    /// The map at the network's input size.
    /// - Parameter distances: of the patches, row by row.
    package func map(_ distances: [Float]) -> FloatImage {
        Self.apply(vertical, horizontal, to: distances, kernels)
    }

    /// A map at the network's input size, brought to the image it is of.
    package func original(_ map: FloatImage, _ window: InputWindow) throws -> FloatImage {
        let placement = try placement(window)
        return Self.apply(placement.vertical, placement.horizontal, to: map.values, kernels)
    }

    private func placement(_ window: InputWindow) throws -> Placement {
        if let known = placements.withLock({ $0[window] }) { return known }
        let placement = Placement(
            vertical: try PackedAxisMap(.placing(window.vertical)),
            horizontal: try PackedAxisMap(.placing(window.horizontal)))
        placements.withLock {
            if $0.count >= Self.mostPlacements { $0 = [:] }
            $0[window] = placement
        }
        return placement
    }

    /// Rows first along the horizontal axis: there the columns of the transposed image are its lanes.
    private static func apply(
        _ vertical: PackedAxisMap, _ horizontal: PackedAxisMap, to values: [Float], _ kernels: UncheckedKernels
    ) -> FloatImage {
        let (height, width) = (vertical.inputs, horizontal.inputs)
        let columns = transposed(values, height: height, width: width)
        let wide = filled(horizontal.outputs * height) {
            horizontal.apply(columns, columns: height, to: $0, kernels)
        }
        let rows = transposed(wide, height: horizontal.outputs, width: height)
        let whole = filled(vertical.outputs * horizontal.outputs) {
            vertical.apply(rows, columns: horizontal.outputs, to: $0, kernels)
        }
        return FloatImage(width: horizontal.outputs, height: vertical.outputs, values: whole)
    }

    private static func transposed(_ values: [Float], height: Int, width: Int) -> [Float] {
        filled(values.count) { result in
            values.withUnsafeBufferPointer { values in
                for row in 0..<height {
                    for column in 0..<width { result[column * height + row] = values[row * width + column] }
                }
            }
        }
    }

    private static func filled(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard let start = buffer.baseAddress else { return }
            body(start)
            initialized = count
        }
    }
}
