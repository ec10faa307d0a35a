import CKernels

/// A 3 x 3 convolution through transformed tiles of 4 x 4 outputs.
struct WinogradStep: Step {
    let layer: String
    let input: FeatureMap
    let output: FeatureMap
    let shortcut: FeatureMap?
    let weights: PackedWeights
    let stride: Int
    let activation: Activation
    let tilesPerBlock: Int
    let transformed: Area
    let products: Area

    var kernel: String { stride == 1 ? "winograd 4x4,3x3" : "winograd 4x4,3x3 stride 2" }

    var operations: Int {
        2 * output.shape.height * output.shape.width * output.shape.channels * input.shape.channels * 9
    }

    func run(_ execution: Execution) {
        execution.clearBorder(output)
        var call = Winograd(
            stride: stride, input: execution.address(input) - input.rowStep - input.pixelStep,
            input_pixel_step: input.pixelStep, input_row_step: input.rowStep, input_image_step: input.imageStep,
            input_channels: input.shape.channels, weights: weights.weights, bias: weights.bias,
            residual: shortcut.map { UnsafePointer(execution.address($0)) },
            residual_pixel_step: shortcut?.pixelStep ?? 0, residual_row_step: shortcut?.rowStep ?? 0,
            residual_image_step: shortcut?.imageStep ?? 0, output: execution.address(output),
            output_pixel_step: output.pixelStep, output_row_step: output.rowStep, output_image_step: output.imageStep,
            images: execution.images.count, rows: output.shape.height, columns: output.shape.width,
            vectors: weights.vectors, tiles_per_block: tilesPerBlock, transformed: execution.address(transformed),
            products: execution.address(products), activation: activation)
        convolve_winograd(execution.set, &call)
    }
}
