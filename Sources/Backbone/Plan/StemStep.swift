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

/// The nodes that one stem step computes.
struct StemNodes {
    /// The convolution's.
    let node: Int
    let convolution: Graph.Convolution
    let pool: Int

    /// The convolution and the pool after it, where they begin the graph and nobody else wants what lies between.
    init?(_ graph: Graph, needed: [Int], taps: [Int]) {
        guard needed.count > 2, needed[0] == 0, !taps.contains(needed[1]), !taps.contains(0),
            case .convolution(let convolution) = graph.nodes[needed[1]].operation, convolution.window.isStem,
            !convolution.depthwise, convolution.activation == .relu, convolution.shortcut == nil,
            case .maxPool(let pool) = graph.nodes[needed[2]].operation, pool.isAfterStem,
            needed.filter({ graph.inputs(of: $0).contains(0) }) == [needed[1]],
            needed.filter({ graph.inputs(of: $0).contains(needed[1]) }) == [needed[2]]
        else { return nil }
        node = needed[1]
        self.convolution = convolution
        self.pool = needed[2]
    }

    /// The border that the stem reads around its input: whole tiles of four outputs, and what vectors read past a row.
    static func border(input: FeatureShape, convolved: FeatureShape) -> Border {
        let tiles = (convolved.width + 3) / 4
        return Border(
            top: 3, left: 3, bottom: 2 * convolved.height + 2 - input.height, right: 8 * tiles + 7 - input.width)
    }
}

extension Graph.Window {
    fileprivate var isStem: Bool {
        if case .symmetric(3) = padding { size == 7 && stride == 2 } else { false }
    }

    fileprivate var isAfterStem: Bool {
        if case .symmetric(1) = padding { size == 3 && stride == 2 } else { false }
    }
}
