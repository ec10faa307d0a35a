import CKernels
import Compute
import Foundation
import Tensors

/// What one core can do at best, to judge the others by.
enum Peaks {
    static var comparisons: [Comparison] {
        [
            Comparison(
                name: "peak-multiply", title: "multiply-adds on data in the first-level cache, 1 thread",
                unit: "GFLOP/s",
                scale: 1e-9
            ) { _ in Measure(ours: try multiplication()) },
            Comparison(
                name: "peak-copy", title: "memory copied, 1 thread (read and written bytes)", unit: "GB/s", scale: 1e-9
            ) { _ in Measure(ours: try copying()) },
        ]
    }

    /// The convolution's block kernel over one row of pixels, again and again.
    private static func multiplication() throws -> Contestant {
        let set = InstructionSet.best
        let lanes = vector_lanes(set.code)
        let (pixels, inputs, vectors, calls) = (14, 128, 2, 20_000)
        let input = try AlignedBuffer<Float>(zeros: pixels * inputs + 64)
        let weights = try AlignedBuffer<Float>(zeros: inputs * vectors * lanes)
        let output = try AlignedBuffer<Float>(zeros: pixels * vectors * lanes)
        return Contestant(name: "padim \(set.rawValue)") {
            var call = Convolution()
            call.input = UnsafePointer(input.pointer)
            call.input_pixel_step = inputs
            call.segments = 1
            call.segment_length = inputs
            call.weights = UnsafePointer(weights.pointer)
            call.output = output.pointer
            call.output_pixel_step = vectors * lanes
            call.images = 1
            call.rows = 1
            call.columns = pixels
            call.vectors = vectors
            call.rows_per_block = 1
            let time = seconds { for _ in 0..<calls { convolve(set.code, &call) } }
            return Double(2 * calls * pixels * inputs * vectors * lanes) / time
        }
    }

    private static func copying() throws -> Contestant {
        let count = 32 << 20
        let source = try AlignedBuffer<Int64>(zeros: count)
        let target = try AlignedBuffer<Int64>(zeros: count)
        return Contestant(name: "memcpy") {
            Double(2 * 8 * count) / seconds { memcpy(target.pointer, source.pointer, 8 * count) }
        }
    }
}
