import Backbone
import CKernels
import Gaussian
import Tensors

/// How one tap's kept channels go into embedding rows: which of its channels, where in a row, and to which patches each of
/// its pixels is repeated.
package final class TapLayout: @unchecked Sendable {
    // Written once, in init.
    private let channels: AlignedBuffer<Int32>
    private let scales: AlignedBuffer<Float>
    private let rowStarts: AlignedBuffer<Int32>
    private let columnStarts: AlignedBuffer<Int32>
    private let gridWidth: Int
    private let count: Int
    /// Where in an embedding row this tap's channels begin.
    let place: Int

    /// - Parameters:
    ///   - channels: the kept channels that are this tap's, counted from its first.
    ///   - scales: of the same channels; empty for floats.
    init(_ tap: Engine.Tap, channels: [Int], scales: [Float], place: Int, gridHeight: Int, gridWidth: Int) throws {
        count = channels.count
        self.place = place
        self.gridWidth = gridWidth
        self.channels = try AlignedBuffer(copying: channels.map { Int32($0) })
        self.scales = try AlignedBuffer(copying: scales)
        rowStarts = try AlignedBuffer(copying: Self.starts(of: tap.height, over: gridHeight))
        columnStarts = try AlignedBuffer(copying: Self.starts(of: tap.width, over: gridWidth))
    }

    /// For nearest repetition, where output i shows input floor(i * inputs / outputs): the outputs that show input k are
    /// starts[k]..<starts[k + 1].
    package static func starts(of inputs: Int, over outputs: Int) -> [Int32] {
        (0...inputs).map { Int32(($0 * outputs + inputs - 1) / inputs) }
    }

    /// Copies one image's tap into its rows.
    /// - Parameters:
    ///   - row: the image's row at patch 0.
    ///   - patchStride: elements from one patch to the next.
    func gather(
        _ view: TapView, into row: UnsafeMutableRawPointer, patchStride: Int, fixedPoint: Bool,
        _ kernels: UnsafePointer<StatisticsKernels>
    ) -> GatherTally {
        var gather = TapGather(
            pixels: view.pixels, pixel_stride: view.pixelStride, row_stride: view.rowStride,
            height: Int32(view.height), width: Int32(view.width), row_starts: rowStarts.pointer,
            column_starts: columnStarts.pointer, grid_width: Int32(gridWidth), count: Int32(count),
            channels: channels.pointer, scales: fixedPoint ? UnsafePointer(scales.pointer) : nil)
        return kernels.pointee.gather(&gather, row + 4 * place, patchStride)
    }
}

extension AlignedBuffer {
    init(copying values: [Element]) throws {
        try self.init(zeros: values.count)
        for (place, value) in values.enumerated() { pointer[place] = value }
    }
}
