import CKernels

/// A 3 x 3 convolution with stride 1 through transformed tiles of 4 x 4 outputs.
struct WinogradStep: Step {
    let layer: String
    let kernel = "winograd 4x4,3x3"
    let input: FeatureMap
    let output: FeatureMap
    let shortcut: FeatureMap?
    let weights: PackedWeights
    let activation: Activation
    let tilesPerBlock: Int
    let transformed: Area
    let products: Area

    var operations: Int {
        2 * output.shape.height * output.shape.width * output.shape.channels * input.shape.channels * 9
    }

    func run(_ execution: Execution) {
        execution.clearBorder(output)
        var call = Winograd(
            input: execution.address(input) - input.rowStep - input.pixelStep, input_pixel_step: input.pixelStep,
            input_row_step: input.rowStep, input_image_step: input.imageStep, input_channels: input.shape.channels,
            weights: weights.weights,
            weights_slice_step: input.shape.channels * output.pixelStep,
            bias: weights.bias, residual: shortcut.map { UnsafePointer(execution.address($0)) },
            residual_pixel_step: shortcut?.pixelStep ?? 0, residual_row_step: shortcut?.rowStep ?? 0,
            residual_image_step: shortcut?.imageStep ?? 0, output: execution.address(output),
            output_pixel_step: output.pixelStep, output_row_step: output.rowStep, output_image_step: output.imageStep,
            images: execution.images.count, rows: output.shape.height, columns: output.shape.width,
            tiles_per_block: tilesPerBlock, transformed: execution.address(transformed),
            products: execution.address(products), activation: activation)
        convolve_winograd(execution.set, &call)
    }
}

extension WinogradStep {
    /// Whether the tiles' transforms pay: the arithmetic they save grows with the channels, their own does not.
    static func suits(_ convolution: Graph.Convolution, input: FeatureShape) -> Bool {
        convolution.window.size == 3 && convolution.window.stride == 1 && !convolution.depthwise
            && convolution.activation != .swish && convolution.gate == nil
            && min(input.channels, convolution.channels) >= 32 && min(input.height, input.width) >= 4
    }

    /// The border that tiles read: one pixel around, and what the last ones reach over the edges.
    static func border(_ shape: FeatureShape) -> Border {
        Border(
            top: 1, left: 1, bottom: 1 + covered(shape.height) - shape.height,
            right: 1 + covered(shape.width) - shape.width)
    }

    /// Tiles of four, and one of two where that suffices.
    private static func covered(_ side: Int) -> Int {
        side % 4 == 3 ? side + 1 : side + side % 2
    }

    /// Few tiles keep a block's slices in the second-level cache; many read the weights, which outgrow it, less often.
    static func tilesPerBlock(_ shape: FeatureShape) -> Int {
        shape.channels < 256 ? 32 : 64
    }

    /// Floats for 36 slices of a block of tiles, with the surplus that the kernel puts between slices.
    static func scratchFloats(tiles: Int, pixelStep: Int) -> Int {
        WinogradTransform.slices * (tiles * pixelStep + 16)
    }
}
