/// A tensor of trained numbers that a network needs.
public struct Parameter: Equatable, Sendable {
    /// The canonical name: torchvision's for the ResNets, timm's for the EfficientNets.
    public let name: String
    /// Convolution weights are [output channels, input channels a group, height, width].
    public let shape: [Int]

    public var elementCount: Int { shape.reduce(1, *) }
}

extension Backbone {
    /// Every parameter up to the deepest layer that can be tapped, in order of evaluation.
    public var parameters: [Parameter] { parameters(.floats) }

    /// The parameters that the given layers depend on.
    /// - Throws: `BackboneError.unknownLayer` and its like.
    public func parameters(upTo layers: [String]) throws -> [Parameter] {
        try parameters(.floats, upTo: layers)
    }

    /// Every parameter, as a file of such numbers has them.
    func parameters(_ form: WeightForm) -> [Parameter] {
        parameters(form, of: graph.nodesNeeded(for: graph.taps.map(\.node)))
    }

    func parameters(_ form: WeightForm, upTo layers: [String]) throws -> [Parameter] {
        parameters(form, of: graph.nodesNeeded(for: try graph.tapNodes(layers, backbone: name)))
    }

    private func parameters(_ form: WeightForm, of nodes: [Int]) -> [Parameter] {
        switch form {
        case .floats: nodes.flatMap { graph.parameters(of: $0) }
        case .integers: IntegerNetwork.pixelParameters + nodes.flatMap { graph.integerParameters(of: $0) }
        }
    }
}

/// What the numbers of a file of weights are.
enum WeightForm {
    /// As they were trained.
    case floats
    /// Quantised: `IntegerNetwork`.
    case integers

    init(of source: some WeightSource) {
        self = source.shape(of: IntegerNetwork.marker) == nil ? .floats : .integers
    }
}

extension Graph {
    package func parameters(of index: Int) -> [Parameter] {
        let node = nodes[index]
        switch node.operation {
        case .image: return []
        case .convolution(let convolution), .stem(let convolution):
            let inputs = convolution.depthwise ? 1 : channels(of: node.source)
            let size = convolution.window.size
            return [Parameter(name: convolution.weight + ".weight", shape: [convolution.channels, inputs, size, size])]
                + ["weight", "bias", "running_mean", "running_var"].map {
                    Parameter(name: "\(convolution.norm).\($0)", shape: [convolution.channels])
                }
        case .gate(let gate):
            let channels = channels(of: node.source)
            return [
                Parameter(name: gate.reduce + ".weight", shape: [gate.reducedChannels, channels, 1, 1]),
                Parameter(name: gate.reduce + ".bias", shape: [gate.reducedChannels]),
                Parameter(name: gate.expand + ".weight", shape: [channels, gate.reducedChannels, 1, 1]),
                Parameter(name: gate.expand + ".bias", shape: [channels]),
            ]
        }
    }

    package func channels(of index: Int) -> Int {
        let node = nodes[index]
        switch node.operation {
        case .image: return 3
        case .convolution(let convolution), .stem(let convolution): return convolution.channels
        case .gate: return channels(of: node.source)
        }
    }
}
