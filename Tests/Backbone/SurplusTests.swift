import CKernels
import Compute
import TestSupport
import Testing

/// Channels that only fill up the last vector may be left out, and change no bit of the others.
@Suite struct SurplusTests {
    struct Shape: Sendable {
        let vectors, surplus, rows, columns: Int
        let clamps, addsResidual, hasBias: Bool
    }

    static let shapes = [
        Shape(vectors: 2, surplus: 8, rows: 2, columns: 56, clamps: false, addsResidual: false, hasBias: true),
        Shape(vectors: 2, surplus: 11, rows: 3, columns: 13, clamps: true, addsResidual: true, hasBias: true),
        Shape(vectors: 3, surplus: 8, rows: 1, columns: 29, clamps: false, addsResidual: true, hasBias: false),
        Shape(vectors: 3, surplus: 15, rows: 2, columns: 1, clamps: true, addsResidual: false, hasBias: true),
        Shape(vectors: 2, surplus: 7, rows: 1, columns: 15, clamps: true, addsResidual: true, hasBias: true),
        Shape(vectors: 5, surplus: 9, rows: 2, columns: 10, clamps: false, addsResidual: true, hasBias: true),
        Shape(vectors: 1, surplus: 8, rows: 1, columns: 8, clamps: false, addsResidual: false, hasBias: true),
    ]

    @Test(arguments: InstructionSet.available, shapes)
    func surplusIsZeroAndTheRestUntouched(set: InstructionSet, shape: Shape) {
        let (segments, length, images) = (2, 11, 2)
        let lanes = vector_lanes(set.code)
        let surplus = min(shape.surplus, lanes - 1)
        let width = shape.vectors * lanes
        var random = SeededGenerator(seed: UInt64(shape.columns))
        func noise(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -1...1, using: &random) } }

        let rowStep = shape.columns * 5 + length
        let input = noise(images * (shape.rows + segments) * rowStep)
        var weights = noise(segments * length * width)
        var bias = noise(width)
        var residual = noise(images * shape.rows * shape.columns * width)
        for channel in width - surplus..<width {
            bias[channel] = 0
            for pixel in 0..<residual.count / width { residual[pixel * width + channel] = 0 }
        }
        let panels = convolution_panels(shape.vectors)
        var start = 0
        for panel in 0..<panels.count {
            let panelWidth = (panel == 0 ? panels.first_width : 2) * lanes
            if panel == panels.count - 1 {
                for row in 0..<segments * length {
                    for lane in panelWidth - surplus..<panelWidth { weights[start + row * panelWidth + lane] = 0 }
                }
            }
            start += segments * length * panelWidth
        }

        func run(surplus: Int) -> [Float] {
            var output = [Float](repeating: .nan, count: residual.count)
            input.withUnsafeBufferPointer { input in
                weights.withUnsafeBufferPointer { weights in
                    bias.withUnsafeBufferPointer { bias in
                        residual.withUnsafeBufferPointer { residual in
                            output.withUnsafeMutableBufferPointer { output in
                                let row = shape.columns * width
                                var call = Convolution(
                                    input: input.baseAddress, input_pixel_step: 5, input_row_step: rowStep,
                                    input_image_step: (shape.rows + segments) * rowStep, segments: segments,
                                    segment_step: rowStep, segment_length: length, weights: weights.baseAddress,
                                    bias: shape.hasBias ? bias.baseAddress : nil,
                                    residual: shape.addsResidual ? residual.baseAddress : nil,
                                    residual_pixel_step: width, residual_row_step: row,
                                    residual_image_step: shape.rows * row, output: output.baseAddress,
                                    output_pixel_step: width, output_row_step: row,
                                    output_image_step: shape.rows * row, images: images, rows: shape.rows,
                                    columns: shape.columns, vectors: shape.vectors, surplus: surplus,
                                    rows_per_block: 1,
                                    activation: Activation(
                                        kind: shape.clamps ? ActivationClamp : ActivationNone, low: -0.5, high: 1))
                                convolve(set.code, &call)
                            }
                        }
                    }
                }
            }
            return output
        }

        let whole = run(surplus: 0)
        #expect(whole.allSatisfy { $0.isFinite })
        #expect(run(surplus: surplus).map(\.bitPattern) == whole.map(\.bitPattern))
    }
}
