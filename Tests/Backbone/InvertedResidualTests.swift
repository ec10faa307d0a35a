import CKernels
import Compute
import Tensors
import TestSupport
import Testing

/// The kernel that goes row by row gives the bits of the kernels that it replaces.
@Suite struct InvertedResidualTests {
    struct Shape: Sendable {
        let (rows, columns, inputs, vectors, outputs): (Int, Int, Int, Int, Int)
        let (kernel, stride, top, left): (Int, Int, Int, Int)
        let activation: ActivationKind

        var outputRows: Int { (rows + stride - 1) / stride }
        var outputColumns: Int { (columns + stride - 1) / stride }
        /// Rows below and columns to the right that the last window reaches.
        var bottom: Int { max(0, (outputRows - 1) * stride + kernel - top - rows) }
        var right: Int { max(0, (outputColumns - 1) * stride + kernel - left - columns) }
    }

    static let shapes = [
        Shape(15, 17, 5, 3, 2, 3, 1, 1, 1, ActivationSwish), Shape(16, 30, 7, 4, 1, 3, 2, 0, 0, ActivationClamp),
        Shape(9, 33, 4, 5, 3, 5, 1, 2, 2, ActivationClamp), Shape(14, 29, 3, 6, 2, 5, 2, 1, 1, ActivationSwish),
        Shape(2, 3, 6, 1, 1, 5, 1, 2, 2, ActivationNone), Shape(1, 1, 2, 2, 1, 3, 1, 1, 1, ActivationSwish),
    ]
    private static let images = 2

    @Test(arguments: InstructionSet.available, shapes)
    func rowsGiveTheBitsOfMaps(set: InstructionSet, shape: Shape) throws {
        let lanes = vector_lanes(set.code)
        let data = try Operands(shape, lanes: lanes, images: Self.images)
        var (expand, depthwise, project) = data.calls
        convolve(set.code, &expand)
        convolve_depthwise(set.code, &depthwise)
        convolve(set.code, &project)
        let (squeezed, result, sums) = (data.squeezed.values, data.result.values, data.sums.values)
        #expect(result.contains { $0 != 0 })

        for perPass in [2, 4, shape.vectors] where perPass == shape.vectors || perPass < shape.vectors {
            for projects in [false, true] where !projects || perPass == shape.vectors {
                data.forget()
                var call = InvertedResidual(
                    expand: expand, depthwise: depthwise, top: shape.top, left: shape.left, right: shape.right,
                    ring: data.ring.pointer, vectors_per_pass: perPass, rows: projects ? data.rows.pointer : nil,
                    project: project)
                call.expand.output = nil
                call.depthwise.input = nil
                call.project.input = nil
                convolve_inverted_residual(set.code, &call)
                #expect(data.sums.values == sums)
                if projects {
                    #expect(data.result.values == result)
                } else {
                    #expect(data.squeezed.values == squeezed)
                }
            }
        }
    }
}

extension InvertedResidualTests.Shape {
    init(
        _ rows: Int, _ columns: Int, _ inputs: Int, _ vectors: Int, _ outputs: Int, _ kernel: Int, _ stride: Int,
        _ top: Int, _ left: Int, _ activation: ActivationKind
    ) {
        (self.rows, self.columns, self.inputs, self.vectors, self.outputs) = (rows, columns, inputs, vectors, outputs)
        (self.kernel, self.stride, self.top, self.left, self.activation) = (kernel, stride, top, left, activation)
    }
}

/// Memory for the three convolutions, one after the other or row by row.
private final class Operands {
    private let shape: InvertedResidualTests.Shape
    private let lanes, images: Int
    let input, weights, expanded, squeezed, result, sums, ring, rows: Floats

    init(_ shape: InvertedResidualTests.Shape, lanes: Int, images: Int) throws {
        (self.shape, self.lanes, self.images) = (shape, lanes, images)
        let pixels = images * shape.outputRows * shape.outputColumns
        let paddedColumns = shape.left + shape.columns + shape.right
        let wide = shape.vectors * lanes
        input = try Floats(images * shape.rows * shape.columns * shape.inputs)
        weights = try Floats(
            wide * (shape.inputs + 2 + shape.kernel * shape.kernel) + (wide + 1) * shape.outputs * lanes)
        expanded = try Floats(images * (shape.top + shape.rows + shape.bottom) * paddedColumns * wide)
        squeezed = try Floats(pixels * wide)
        result = try Floats(pixels * shape.outputs * lanes)
        sums = try Floats(images * wide)
        ring = try Floats((shape.kernel + 1) * paddedColumns * wide)
        rows = try Floats(ProjectedRows * shape.outputColumns * wide)
        var random = SeededGenerator(seed: 9)
        for floats in [input, weights] {
            for index in 0..<floats.count { floats.pointer[index] = Float.random(in: -1...1, using: &random) }
        }
        forget()
    }

    /// NaN wherever nothing may be read before it is written.
    func forget() {
        for floats in [squeezed, result, sums, ring, rows] {
            for index in 0..<floats.count { floats.pointer[index] = .nan }
        }
    }

    var calls: (Convolution, DepthwiseConvolution, Convolution) {
        let wide = shape.vectors * lanes
        let expandedRow = (shape.left + shape.columns + shape.right) * wide
        let expandedImage = expandedRow * (shape.top + shape.rows + shape.bottom)
        let activation = Activation(kind: shape.activation, low: 0, high: 1)

        var expand = dense(input, shape.inputs, weights.pointer, vectors: shape.vectors, activation)
        (expand.rows, expand.columns) = (shape.rows, shape.columns)
        expand.input_row_step = shape.columns * shape.inputs
        expand.input_image_step = shape.rows * expand.input_row_step
        expand.output = expanded.pointer + shape.top * expandedRow + shape.left * wide
        (expand.output_row_step, expand.output_image_step) = (expandedRow, expandedImage)

        let filters = weights.pointer + wide * (shape.inputs + 1)
        let depthwise = DepthwiseConvolution(
            input: expanded.pointer, input_pixel_step: wide, input_row_step: expandedRow,
            input_image_step: expandedImage, kernel: shape.kernel, stride: shape.stride, weights: filters,
            bias: filters + wide * shape.kernel * shape.kernel, output: squeezed.pointer, output_pixel_step: wide,
            output_row_step: shape.outputColumns * wide,
            output_image_step: shape.outputRows * shape.outputColumns * wide, images: images, rows: shape.outputRows,
            columns: shape.outputColumns, vectors: shape.vectors, activation: activation, sums: sums.pointer,
            sums_image_step: wide)

        var project = dense(
            squeezed, wide, filters + wide * (shape.kernel * shape.kernel + 1), vectors: shape.outputs,
            Activation(kind: ActivationNone, low: 0, high: 0))
        (project.rows, project.columns) = (shape.outputRows, shape.outputColumns)
        (project.input_row_step, project.input_image_step) = (depthwise.output_row_step, depthwise.output_image_step)
        project.output = result.pointer
        project.output_row_step = shape.outputColumns * project.output_pixel_step
        project.output_image_step = shape.outputRows * project.output_row_step
        return (expand, depthwise, project)
    }

    /// A 1 x 1 convolution; its biases follow its weights.
    private func dense(
        _ input: Floats, _ channels: Int, _ weights: UnsafeMutablePointer<Float>, vectors: Int, _ activation: Activation
    ) -> Convolution {
        var call = Convolution()
        call.input = UnsafePointer(input.pointer)
        call.input_pixel_step = channels
        (call.segments, call.segment_length) = (1, channels)
        call.weights = UnsafePointer(weights)
        call.bias = UnsafePointer(weights + channels * vectors * lanes)
        call.output_pixel_step = vectors * lanes
        (call.images, call.vectors, call.rows_per_block, call.activation) = (images, vectors, 1, activation)
        return call
    }
}

private final class Floats {
    private let buffer: AlignedBuffer<Float>
    init(_ count: Int) throws { buffer = try AlignedBuffer(zeros: count) }
    var pointer: UnsafeMutablePointer<Float> { buffer.pointer }
    var count: Int { buffer.count }
    var values: [Float] { Array(buffer.elements) }
}
