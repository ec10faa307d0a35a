import CKernels

/// A depthwise convolution, which may leave the sum of its output over all pixels for a gate.
struct DepthwiseStep: Step {
    let layer: String
    let input: FeatureMap
    let output: FeatureMap
    let weights: PackedWeights
    let window: Graph.Window
    let padding: WindowPadding
    let activation: Activation
    /// One pixel an image.
    let sums: FeatureMap?

    var kernel: String { "depthwise \(window.size)x\(window.size)" }

    var operations: Int {
        2 * output.shape.height * output.shape.width * output.shape.channels * window.size * window.size
    }

    func run(_ execution: Execution) {
        execution.clearBorder(output)
        var call = call(execution)
        convolve_depthwise(execution.set, &call)
    }

    func call(_ execution: Execution) -> DepthwiseConvolution {
        DepthwiseConvolution(
            input: execution.address(input) - padding.top * input.rowStep - padding.left * input.pixelStep,
            input_pixel_step: input.pixelStep, input_row_step: input.rowStep, input_image_step: input.imageStep,
            kernel: window.size, stride: window.stride, weights: weights.weights, bias: weights.bias,
            output: execution.address(output), output_pixel_step: output.pixelStep, output_row_step: output.rowStep,
            output_image_step: output.imageStep, images: execution.images.count, rows: output.shape.height,
            columns: output.shape.width, vectors: weights.vectors, activation: activation,
            sums: sums.map { execution.address($0) }, sums_image_step: sums?.imageStep ?? 0)
    }
}
