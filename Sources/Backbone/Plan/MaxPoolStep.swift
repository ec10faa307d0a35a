import CKernels

/// The maximum of 3 x 3 windows with stride 2, of a map that is nowhere negative.
struct MaxPoolStep: Step {
    let layer: String
    let kernel = "max pool 3x3"
    let input: FeatureMap
    let output: FeatureMap
    let padding: WindowPadding

    var operations: Int { 9 * output.shape.height * output.shape.width * output.shape.channels }

    func run(_ execution: Execution) {
        execution.clearBorder(output)
        var call = MaxPooling(
            input: execution.address(input) - padding.top * input.rowStep - padding.left * input.pixelStep,
            input_row_step: input.rowStep, input_image_step: input.imageStep, output: execution.address(output),
            output_row_step: output.rowStep, output_image_step: output.imageStep, images: execution.images.count,
            rows: output.shape.height, columns: output.shape.width,
            vectors: output.pixelStep / vector_lanes(execution.set))
        max_pool(execution.set, &call)
    }
}
