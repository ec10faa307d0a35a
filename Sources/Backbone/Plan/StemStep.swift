import CKernels

/// A residual network's 7 x 7 convolution of the image and the max pool after it.
struct StemStep: Step {
    let layer: String
    let kernel = "stem 7x7, max pool 3x3"
    let input: FeatureMap
    let output: FeatureMap
    let weights: PackedWeights
    /// What the convolution alone would give.
    let convolved: FeatureShape
    let activation: Activation
    let scratch: Area

    var operations: Int {
        2 * convolved.height * convolved.width * convolved.channels * 3 * 49
            + 9 * output.shape.height * output.shape.width * output.shape.channels
    }

    func run(_ execution: Execution) {
        execution.clearBorder(output)
        var call = Stem(
            input: execution.address(input) - 3 * (input.rowStep + input.pixelStep), input_row_step: input.rowStep,
            input_image_step: input.imageStep, weights: weights.weights, bias: weights.bias,
            output: execution.address(output), output_row_step: output.rowStep, output_image_step: output.imageStep,
            images: execution.images.count, rows: convolved.height, columns: convolved.width, vectors: weights.vectors,
            activation: activation, scratch: execution.address(scratch))
        convolve_stem(execution.set, &call)
    }
}

extension StemStep {
    /// The border that the stem reads around its input: whole tiles of four outputs, and what vectors read past a row.
    static func border(input: FeatureShape, convolved: FeatureShape) -> Border {
        let tiles = (convolved.width + 3) / 4
        return Border(
            top: 3, left: 3, bottom: 2 * convolved.height + 2 - input.height, right: 8 * tiles + 7 - input.width)
    }
}
