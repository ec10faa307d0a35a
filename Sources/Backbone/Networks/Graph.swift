/// A convolutional network as a list of nodes in order of evaluation; node 0 is the image.
package struct Graph: Sendable {
    package struct Node: Sendable {
        package let name: String
        package let operation: Operation
        /// The node whose output this one takes. Node 0 takes none and names itself.
        package let source: Int
    }

    package enum Operation: Sendable {
        case image
        case convolution(Convolution)
        /// A 7 x 7 convolution with stride 2 of the image, and the maximum of 3 x 3 windows with stride 2 after it.
        case stem(Convolution)
        /// A factor between 0 and 1 for each channel, from the mean over all pixels (squeeze-and-excitation).
        case gate(Gate)
    }

    /// Convolution, batch norm, addition of a shortcut, activation, in this order.
    package struct Convolution: Sendable {
        /// The names of the tensors: `<weight>.weight`, and `<norm>.weight`, `.bias`, `.running_mean`, `.running_var`.
        package let weight: String
        package let norm: String
        package let window: Window
        package let channels: Int
        /// One filter a channel.
        package let depthwise: Bool
        package let activation: ActivationFunction
        /// The node that is added before the activation.
        package let shortcut: Int?
        /// The gate node whose factors multiply the input's channels.
        package let gate: Int?
    }

    package struct Window: Sendable {
        package let size: Int
        package let stride: Int
        package let padding: Padding

        package init(size: Int, stride: Int, padding: Padding) {
            (self.size, self.stride, self.padding) = (size, stride, padding)
        }
    }

    package struct Gate: Sendable {
        /// Names of two 1 x 1 convolutions with bias.
        package let reduce: String
        package let expand: String
        package let reducedChannels: Int
    }

    package let nodes: [Node]
    /// A tap's name and its node, in order.
    package let taps: [(layer: String, node: Int)]
    /// Added to a batch norm's variance.
    package let normEpsilon: Double

    /// The taps' nodes.
    /// - Throws: `BackboneError.unknownLayer`, `.repeatedLayer`, `.noLayers`.
    package func tapNodes(_ layers: [String], backbone: String) throws -> [Int] {
        guard !layers.isEmpty else { throw BackboneError.noLayers(backbone: backbone) }
        if let (_, layer) = layers.enumerated().first(where: { layers[..<$0.offset].contains($0.element) }) {
            throw BackboneError.repeatedLayer(layer)
        }
        return try layers.map { layer in
            guard let tap = taps.first(where: { $0.layer == layer }) else {
                throw BackboneError.unknownLayer(layer, backbone: backbone, known: taps.map(\.layer))
            }
            return tap.node
        }
    }

    /// The nodes that some of the given ones depend on, themselves included, in order of evaluation.
    package func nodesNeeded(for ends: [Int]) -> [Int] {
        var needed = Set(ends)
        for index in nodes.indices.reversed() where needed.contains(index) {
            needed.formUnion(inputs(of: index))
        }
        return needed.sorted()
    }

    /// The nodes whose outputs a node reads.
    package func inputs(of index: Int) -> [Int] {
        let node = nodes[index]
        switch node.operation {
        case .image: return []
        case .convolution(let convolution):
            return [node.source] + [convolution.shortcut, convolution.gate].compactMap(\.self)
        case .stem, .gate: return [node.source]
        }
    }
}

package enum ActivationFunction: String, Sendable {
    case none, relu, relu6, swish
}
