import CKernels

/// Pixels of 0 to 255 to normalised floats.
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
        let (rows, columns) = (output.shape.height, output.shape.width)
        switch pixels {
        case .bytes(let bytes):
            normalise_pixels(bytes, rows, columns, scale, shift, execution.address(output), output.rowStep)
        case .floats(let floats):
            normalise_float_pixels(floats, rows, columns, scale, shift, execution.address(output), output.rowStep)
        }
    }
}
