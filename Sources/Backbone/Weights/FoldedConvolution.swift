/// A convolution with the batch norm after it folded in, in double precision:
///
///     scale = weight / sqrt(variance + epsilon)      w' = w scale      bias' = bias - mean scale
package struct FoldedConvolution {
    /// [output channel][input channel][row][column].
    package let weights: [Double]
    package let bias: [Double]
    package let outputs: Int
    /// A group's: one for a depthwise convolution.
    package let inputs: Int
    package let size: Int

    package init(_ convolution: Graph.Convolution, inputs: Int, epsilon: Double, from weights: BackboneWeights) throws {
        let raw = try weights.floats(convolution.weight + ".weight")
        let norm = try ["weight", "bias", "running_mean", "running_var"].map {
            try weights.floats("\(convolution.norm).\($0)")
        }
        let perOutput = raw.count / convolution.channels
        var folded = [Double](repeating: 0, count: raw.count)
        var bias = [Double](repeating: 0, count: convolution.channels)
        for output in 0..<convolution.channels {
            let scale = Double(norm[0][output]) / (Double(norm[3][output]) + epsilon).squareRoot()
            for index in output * perOutput..<(output + 1) * perOutput { folded[index] = Double(raw[index]) * scale }
            bias[output] = Double(norm[1][output]) - Double(norm[2][output]) * scale
            guard scale.isFinite, bias[output].isFinite else {
                throw BackboneError.notFinite(tensor: convolution.norm + ".running_var", source: weights.backbone)
            }
        }
        self.weights = folded
        self.bias = bias
        outputs = convolution.channels
        self.inputs = inputs
        size = convolution.window.size
    }

    init(weights: [Double], bias: [Double], outputs: Int, inputs: Int, size: Int) {
        (self.weights, self.bias) = (weights, bias)
        (self.outputs, self.inputs, self.size) = (outputs, inputs, size)
    }

    /// A 1 x 1 convolution with a bias and no norm.
    package init(_ name: String, inputs: Int, outputs: Int, from weights: BackboneWeights) throws {
        self.weights = try weights.floats(name + ".weight").map(Double.init)
        bias = try weights.floats(name + ".bias").map(Double.init)
        self.outputs = outputs
        self.inputs = inputs
        size = 1
    }
}
