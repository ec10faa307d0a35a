import Backbone
import CKernels
import Gaussian
import Settings
import Tensors

/// How one tap's kept channels lie in an `EmbeddingBatch` and go into embeddings: which of its channels, where, and to which patches
/// each of its pixels is repeated. A tap that is finer than a coarsest grid is averaged on the way into the batch, where it then has the
/// grid's size.
package final class TapLayout: @unchecked Sendable {
    // Written once, in init.
    private let channels: AlignedBuffer<Int32>
    private let scales: AlignedBuffer<Float>
    /// Empty where whole numbers go out.
    private let steps: AlignedBuffer<Float>
    private let rowStarts: AlignedBuffer<Int32>
    private let columnStarts: AlignedBuffer<Int32>
    /// The tap's rows and columns that each of the grid's averages.
    private let rowWindows: AlignedBuffer<Int32>
    private let columnWindows: AlignedBuffer<Int32>
    private let isPooled: Bool
    private let gridHeight: Int
    /// The tap's size in a batch.
    let height: Int
    let width: Int
    /// Kept channels.
    let count: Int
    /// Where in an embedding this tap's channels begin.
    let place: Int
    /// Where in an image of a batch this tap begins.
    let offset: Int
    /// The tap's pixel column that each column of the grid shows.
    let columns: AlignedBuffer<Int32>

    /// - Parameters:
    ///   - channels: the kept channels that are this tap's, counted from its first.
    ///   - scales: 2^exponent of the same channels.
    ///   - steps: 2^-exponent of them, for features as floats; empty for features as whole numbers.
    init(
        _ tap: Engine.Tap, channels: [Int], scales: [Float], steps: [Float], place: Int, offset: Int,
        _ patchGrid: PatchGrid, gridHeight: Int, gridWidth: Int
    ) throws {
        let shape = GridShape(of: tap, on: patchGrid, gridHeight: gridHeight, gridWidth: gridWidth)
        isPooled = shape != GridShape(height: tap.height, width: tap.width)
        (height, width, count) = (shape.height, shape.width, channels.count)
        (self.place, self.offset, self.gridHeight) = (place, offset, gridHeight)
        self.channels = try AlignedBuffer(copying: channels.map { Int32($0) })
        self.scales = try AlignedBuffer(copying: scales)
        self.steps = try AlignedBuffer(copying: steps)
        rowStarts = try AlignedBuffer(copying: Self.starts(of: height, over: gridHeight))
        columnStarts = try AlignedBuffer(copying: Self.starts(of: width, over: gridWidth))
        rowWindows = try AlignedBuffer(copying: isPooled ? Self.windows(of: tap.height, over: gridHeight) : [])
        columnWindows = try AlignedBuffer(copying: isPooled ? Self.windows(of: tap.width, over: gridWidth) : [])
        columns = try AlignedBuffer(copying: (0..<gridWidth).map { [width] in Int32($0 * width / gridWidth) })
    }

    /// For means over windows, as PyTorch's adaptive average pooling has them: output i covers the inputs windows[2 i] ..<
    /// windows[2 i + 1], from floor(i inputs / outputs) to ceil((i + 1) inputs / outputs).
    package static func windows(of inputs: Int, over outputs: Int) -> [Int32] {
        (0..<outputs).flatMap { output -> [Int32] in
            let (first, end) = (output * inputs / outputs, ((output + 1) * inputs + outputs - 1) / outputs)
            return [Int32(first), Int32(end)]
        }
    }

    /// For nearest repetition, where output i shows input floor(i * inputs / outputs): the outputs that show input k are
    /// starts[k]..<starts[k + 1].
    package static func starts(of inputs: Int, over outputs: Int) -> [Int32] {
        (0...inputs).map { Int32(($0 * outputs + inputs - 1) / inputs) }
    }

    /// Numbers of an image.
    var elements: Int { height * width * count }
    /// Numbers of a row of pixels.
    var rowElements: Int { width * count }
    /// The row of pixels that a row of the grid shows.
    func row(showing gridRow: Int) -> Int { gridRow * height / gridHeight }

    /// Copies what is kept of one image's tap, averaged where the grid is coarser, and rounded to fixed point.
    /// - Parameter kept: `[pixel][channel]`.
    func gather(
        _ view: TapView, into kept: UnsafeMutableRawPointer, _ kernels: UnsafePointer<StatisticsKernels>
    ) -> GatherTally {
        let steps = steps.count == 0 ? nil : UnsafePointer(steps.pointer)
        if isPooled {
            var pooling = TapPooling(
                pixels: view.pixels, pixel_stride: view.pixelStride, row_stride: view.rowStride, rows: Int32(height),
                columns: Int32(width), row_windows: rowWindows.pointer, column_windows: columnWindows.pointer,
                count: Int32(count), channels: channels.pointer, scales: scales.pointer, steps: steps)
            return kernels.pointee.pool(&pooling, kept)
        }
        var gather = TapGather(
            pixels: view.pixels, pixel_stride: view.pixelStride, row_stride: view.rowStride, height: Int32(height),
            width: Int32(width), row_starts: rowStarts.pointer, column_starts: columnStarts.pointer,
            count: Int32(count), channels: channels.pointer, scales: scales.pointer,
            steps: steps)
        return kernels.pointee.gather(&gather, kept)
    }
}

extension AlignedBuffer {
    init(copying values: [Element]) throws {
        try self.init(zeros: values.count)
        for (place, value) in values.enumerated() { pointer[place] = value }
    }
}
