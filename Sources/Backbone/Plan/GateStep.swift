import CKernels

/// Squeeze-and-excitation (Hu et al. 2018): sigmoid(expand(swish(reduce(mean over pixels)))).
struct GateStep: Step {
    let layer: String
    let kernel = "squeeze-excite"
    /// The sums over all pixels.
    let sums: FeatureMap
    let pixels: Int
    let means: FeatureMap
    let reduced: FeatureMap
    let output: FeatureMap
    let reduce: PackedWeights
    let expand: PackedWeights

    var operations: Int { 4 * output.shape.channels * reduced.shape.channels }

    func run(_ execution: Execution) {
        for image in 0..<execution.images.count {
            scale_floats(
                execution.set, execution.address(sums) + image * sums.imageStep, 1 / Float(pixels),
                execution.address(means) + image * means.imageStep, sums.pixelStep)
        }
        connect(means, reduced, reduce, ActivationFunction.swish.activation, execution)
        connect(reduced, output, expand, Activation(kind: ActivationSigmoid, low: 0, high: 0), execution)
    }

    /// A fully connected layer: a 1 x 1 convolution of one pixel.
    private func connect(
        _ input: FeatureMap, _ output: FeatureMap, _ weights: PackedWeights, _ activation: Activation,
        _ execution: Execution
    ) {
        var call = Convolution()
        call.input = UnsafePointer(execution.address(input))
        call.input_image_step = input.imageStep
        call.segments = 1
        call.segment_length = input.shape.channels
        call.weights = weights.weights
        call.bias = weights.bias
        call.output = execution.address(output)
        call.output_image_step = output.imageStep
        call.images = execution.images.count
        call.rows = 1
        call.columns = 1
        call.vectors = weights.vectors
        call.rows_per_block = execution.images.count
        call.activation = activation
        convolve(execution.set, &call)
    }
}
