import Backbone

/// A backbone as ONNX operators, batch norms folded into the convolutions as the engine folds them.
extension ONNXGraph {
    /// - Parameters:
    ///   - pixels: the normalized input, NCHW.
    ///   - height, width: of the input.
    /// - Returns: the values of the taps, NCHW, in the order of the layers, with their shapes.
    /// - Throws: `BackboneError`.
    mutating func add(
        _ backbone: Backbone, weights: BackboneWeights, layers: [String], pixels: String, height: Int, width: Int
    ) throws -> [(value: String, shape: FeatureShape)] {
        let network = backbone.graph
        let taps = try network.tapNodes(layers, backbone: backbone.name)
        let needed = network.nodesNeeded(for: taps)
        let shapes = try network.shapes(
            of: needed, inputHeight: height, inputWidth: width, backbone: backbone.name, layers: layers)
        var values: [Int: String] = [0: pixels]
        for index in needed where index > 0 {
            let node = network.nodes[index]
            guard let source = values[node.source], let shape = shapes[node.source] else { continue }
            switch node.operation {
            case .image: continue
            case .gate(let gate): values[index] = try add(gate, node.name, source, shape.channels, weights)
            case .stem(let convolution):
                let convolved = try add(convolution, of: network, node.name, source, shape, values, weights)
                values[index] = add(
                    "MaxPool", [convolved], as: node.name + ".pool",
                    [("kernel_shape", .ints([3, 3])), ("strides", .ints([2, 2])), ("pads", .ints([1, 1, 1, 1]))])
            case .convolution(let convolution):
                values[index] = try add(convolution, of: network, node.name, source, shape, values, weights)
            }
        }
        return taps.compactMap { node in
            guard let value = values[node], let shape = shapes[node] else { return nil }
            return (value, shape)
        }
    }

    private mutating func add(
        _ convolution: Graph.Convolution, of network: Graph, _ name: String, _ source: String, _ input: FeatureShape,
        _ values: [Int: String], _ weights: BackboneWeights
    ) throws -> String {
        let inputs = convolution.depthwise ? 1 : input.channels
        let folded = try FoldedConvolution(convolution, inputs: inputs, epsilon: network.normEpsilon, from: weights)
        var gated = source
        if let gate = convolution.gate, let factors = values[gate] {
            gated = add("Mul", [source, factors], as: name + ".gated")
        }
        var result = add(
            folded, name, gated, convolution.window, input, groups: convolution.depthwise ? input.channels : 1)
        if let shortcut = convolution.shortcut, let added = values[shortcut] {
            result = add("Add", [result, added], as: name + ".added")
        }
        return add(convolution.activation, name, result)
    }

    private mutating func add(
        _ convolution: FoldedConvolution, _ name: String, _ source: String, _ window: Graph.Window,
        _ input: FeatureShape, groups: Int
    ) -> String {
        let size = convolution.size
        let weights = constant(
            convolution.weights.map { Float($0) }, [convolution.outputs, convolution.inputs, size, size],
            as: name + ".weight")
        let bias = constant(convolution.bias.map { Float($0) }, [convolution.outputs], as: name + ".bias")
        let rows = window.padding.resolve(input: input.height, size: size, stride: window.stride)
        let columns = window.padding.resolve(input: input.width, size: size, stride: window.stride)
        let pads = [rows?.before, columns?.before, rows?.after, columns?.after].map { $0 ?? 0 }
        return add(
            "Conv", [source, weights, bias], as: name,
            [
                ("kernel_shape", .ints([size, size])), ("strides", .ints([window.stride, window.stride])),
                ("pads", .ints(pads)), ("group", .int(groups)),
            ])
    }

    private mutating func add(_ activation: ActivationFunction, _ name: String, _ source: String) -> String {
        switch activation {
        case .none: return source
        case .relu: return add("Relu", [source], as: name + ".relu")
        case .relu6:
            let low = constant([0], [], as: "zero")
            let high = constant([6], [], as: "six")
            return add("Clip", [source, low, high], as: name + ".relu6")
        case .swish:
            let gate = add("Sigmoid", [source], as: name + ".sigmoid")
            return add("Mul", [source, gate], as: name + ".swish")
        }
    }

    private mutating func add(
        _ gate: Graph.Gate, _ name: String, _ source: String, _ channels: Int, _ weights: BackboneWeights
    ) throws -> String {
        let one = Graph.Window(size: 1, stride: 1, padding: .symmetric(0))
        let means = add("GlobalAveragePool", [source], as: name + ".means")
        let reduce = try FoldedConvolution(
            gate.reduce, inputs: channels, outputs: gate.reducedChannels, from: weights)
        let expand = try FoldedConvolution(
            gate.expand, inputs: gate.reducedChannels, outputs: channels, from: weights)
        let pixel = FeatureShape(height: 1, width: 1, channels: channels)
        let reduced = add(reduce, gate.reduce, means, one, pixel, groups: 1)
        let expanded = add(expand, gate.expand, add(.swish, gate.reduce, reduced), one, pixel, groups: 1)
        return add("Sigmoid", [expanded], as: name)
    }
}
