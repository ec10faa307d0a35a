/// Appends nodes to a graph; every method returns its node's number, for later nodes to take.
struct GraphBuilder {
    private(set) var nodes = [Graph.Node(name: "image", operation: .image, source: 0)]
    private(set) var taps: [(layer: String, node: Int)] = []
    let padding: (_ windowSize: Int) -> Padding

    let image = 0

    /// - Parameter padding: the network's padding of a window of the given size.
    init(padding: @escaping (_ windowSize: Int) -> Padding) {
        self.padding = padding
    }

    /// A convolution with the batch norm after it. The tensors are `<prefix><name>.weight` and `<prefix><norm>.*`.
    mutating func convolution(
        _ source: Int, prefix: String = "", _ name: String, norm: String, channels: Int, size: Int = 1, stride: Int = 1,
        depthwise: Bool = false, activation: ActivationFunction = .none, adding shortcut: Int? = nil,
        gatedBy gate: Int? = nil
    ) -> Int {
        append(
            prefix + name, source,
            .convolution(
                Graph.Convolution(
                    weight: prefix + name, norm: prefix + norm, window: window(size, stride), channels: channels,
                    depthwise: depthwise, activation: activation, shortcut: shortcut, gate: gate)))
    }

    /// A residual network's first convolution, batch norm, ReLU and max pool.
    mutating func stem(_ name: String, norm: String, channels: Int) -> Int {
        append(
            name, image,
            .stem(
                Graph.Convolution(
                    weight: name, norm: norm, window: window(7, 2), channels: channels, depthwise: false,
                    activation: .relu, shortcut: nil, gate: nil)))
    }

    mutating func gate(_ source: Int, prefix: String, reducedChannels: Int) -> Int {
        append(
            prefix + "se", source,
            .gate(
                Graph.Gate(
                    reduce: prefix + "se.conv_reduce", expand: prefix + "se.conv_expand",
                    reducedChannels: reducedChannels)))
    }

    mutating func tap(_ node: Int, as layer: String) {
        taps.append((layer, node))
    }

    func graph(normEpsilon: Double) -> Graph {
        Graph(nodes: nodes, taps: taps, normEpsilon: normEpsilon)
    }

    private func window(_ size: Int, _ stride: Int) -> Graph.Window {
        Graph.Window(size: size, stride: stride, padding: padding(size))
    }

    private mutating func append(_ name: String, _ source: Int, _ operation: Graph.Operation) -> Int {
        nodes.append(Graph.Node(name: name, operation: operation, source: source))
        return nodes.count - 1
    }
}
