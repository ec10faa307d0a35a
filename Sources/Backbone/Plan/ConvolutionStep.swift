import CKernels

/// A dense convolution as products of pixels with packed weights.
struct ConvolutionStep: Step {
    let layer: String
    let input: FeatureMap
    let output: FeatureMap
    let shortcut: FeatureMap?
    let weights: PackedWeights
    let inputChannels: Int
    let window: Graph.Window
    let padding: WindowPadding
    let activation: Activation
    /// The gate's factors and room for the weights that they have multiplied.
    let gate: (factors: FeatureMap, gatedWeights: Area)?

    var kernel: String { "direct \(window.size)x\(window.size)" + (gate == nil ? "" : " gated") }

    var operations: Int {
        2 * output.shape.height * output.shape.width * output.shape.channels * inputChannels * window.size * window.size
    }

    func run(_ execution: Execution) {
        execution.clearBorder(output)
        var call = call(execution, joinsRows: true)
        guard let gate else { return convolve(execution.set, &call) }
        // The factors differ from image to image, and with them the weights.
        let gated = execution.address(gate.gatedWeights)
        call.weights = UnsafePointer(gated)
        call.images = 1
        for image in 0..<execution.images.count {
            gate_weights(
                execution.set, weights.weights, execution.address(gate.factors) + image * gate.factors.imageStep, gated,
                inputChannels, weights.vectors)
            convolve(execution.set, &call)
            call.input += call.input_image_step
            call.output += call.output_image_step
            if let residual = call.residual { call.residual = residual + call.residual_image_step }
        }
    }

    /// - Parameter joinsRows: where no map has a border, several rows are one longer row, which cuts into blocks of pixels
    ///   with less waste.
    func call(_ execution: Execution, joinsRows: Bool) -> Convolution {
        let joined = joinsRows ? rowsJoined : 1
        let inputRow = window.stride * input.rowStep * joined
        let run = window.size == 1 ? inputChannels : window.size * input.pixelStep
        return Convolution(
            input: execution.address(input) - padding.top * input.rowStep - padding.left * input.pixelStep,
            input_pixel_step: window.stride * input.pixelStep, input_row_step: inputRow,
            input_image_step: input.imageStep, segments: window.size, segment_step: input.rowStep, segment_length: run,
            weights: weights.weights, bias: weights.bias,
            residual: shortcut.map { UnsafePointer(execution.address($0)) },
            residual_pixel_step: shortcut?.pixelStep ?? 0, residual_row_step: (shortcut?.rowStep ?? 0) * joined,
            residual_image_step: shortcut?.imageStep ?? 0, output: execution.address(output),
            output_pixel_step: output.pixelStep, output_row_step: output.rowStep * joined,
            output_image_step: output.imageStep, images: execution.images.count, rows: output.shape.height / joined,
            columns: output.shape.width * joined, vectors: weights.vectors,
            surplus: weights.vectors * vector_lanes(execution.set) - output.shape.channels,
            rows_per_block: max(1, Self.cachedFloats / inputRow), activation: activation)
    }

    /// How much input should stay in the second-level cache while all panels of weights pass over it.
    private static let cachedFloats = 64 << 10
    private static let longestRow = 224

    private var rowsJoined: Int {
        guard window.size == 1, window.stride == 1, input.border == .none, output.border == .none,
            shortcut.map({ $0.border == .none }) ?? true
        else { return 1 }
        let most = max(1, Self.longestRow / output.shape.width)
        return (1...most).last { output.shape.height % $0 == 0 } ?? 1
    }
}

/// The zero pixels above and to the left of the input that the first window covers.
struct WindowPadding: Sendable {
    let top: Int
    let left: Int
}
