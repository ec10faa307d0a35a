import CKernels

/// 8-bit pixels to normalised floats.
struct ImageStep: Step {
    let layer = "image"
    let kernel = "normalise"
    let output: FeatureMap
    let scale: [Float]
    let shift: [Float]

    var operations: Int { 2 * output.shape.height * output.shape.width * 3 }

    init(_ scaling: PixelScaling, output: FeatureMap) {
        self.output = output
        scale = scaling.deviation.map { Float(1 / Double($0)) }
        shift = zip(scaling.mean, scaling.deviation).map { Float(-Double($0) / Double($1)) }
    }

    func run(_ execution: Execution) {
        guard let pixels = execution.pixels else { return }
        execution.clearBorder(output)
        normalise_pixels(
            pixels, output.shape.height, output.shape.width, scale, shift, execution.address(output), output.rowStep)
    }
}
