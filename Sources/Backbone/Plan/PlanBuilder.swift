import CKernels
import Compute

/// Turns the nodes that the taps need into steps: chooses kernels, packs weights, deals out memory.
struct PlanBuilder {
    private let backbone: Backbone
    private let weights: BackboneWeights
    private let scaling: PixelScaling
    private let set: InstructionSet
    private let lanes: Int
    private let groupSize: Int
    private let needed: [Int]
    private let tapNodes: [Int]
    private let shapes: [FeatureShape?]
    private let groupedFrom: Int

    private var memory = MemoryPlan()
    private var steps: [any Step] = []
    private var maps: [Int: FeatureMap] = [:]
    /// Where depthwise convolutions leave their sums over all pixels, by node.
    private var sums: [Int: FeatureMap] = [:]

    static func plan(
        backbone: Backbone, weights: BackboneWeights, layers: [String], inputHeight: Int, inputWidth: Int,
        scaling: PixelScaling, instructionSet: InstructionSet, groupSize: Int
    ) throws -> Plan {
        var builder = try PlanBuilder(
            backbone: backbone, weights: weights, layers: layers, inputHeight: inputHeight, inputWidth: inputWidth,
            scaling: scaling, instructionSet: instructionSet, groupSize: groupSize)
        return try builder.build()
    }

    private init(
        backbone: Backbone, weights: BackboneWeights, layers: [String], inputHeight: Int, inputWidth: Int,
        scaling: PixelScaling, instructionSet: InstructionSet, groupSize: Int
    ) throws {
        self.backbone = backbone
        self.weights = weights
        self.scaling = scaling
        set = instructionSet
        lanes = vector_lanes(instructionSet.code)
        self.groupSize = groupSize
        let graph = backbone.graph
        tapNodes = try graph.tapNodes(layers, backbone: backbone.name)
        needed = graph.nodesNeeded(for: tapNodes)
        shapes = try graph.shapes(
            of: needed, inputHeight: inputHeight, inputWidth: inputWidth, backbone: backbone.name, layers: layers)
        groupedFrom = Self.firstGroupedStep(graph, needed, shapes)
    }

    /// The first step whose weights outweigh its output by so much that reading them for every image would cost more than
    /// the maps of a group falling out of the cache. The factor is measured.
    static func firstGroupedStep(_ graph: Graph, _ needed: [Int], _ shapes: [FeatureShape?]) -> Int {
        let step = needed.firstIndex { node in
            guard let output = shapes[node], case .convolution = graph.nodes[node].operation else { return false }
            let weights = graph.parameters(of: node).reduce(0) { $0 + $1.elementCount }
            return 2 * weights > 11 * output.height * output.width * output.channels
        }
        return step ?? needed.count
    }

    private mutating func build() throws -> Plan {
        for node in needed { steps.append(try step(for: node)) }
        let taps = tapNodes.compactMap { maps[$0] }
        for tap in taps { memory.use(tap.area, at: steps.count) }
        let read = needed.flatMap { backbone.graph.inputs(of: $0).compactMap { maps[$0]?.area.number } }
        let fused = StepFusion(
            steps: steps, groupedFrom: groupedFrom, read: read + taps.map(\.area.number), lanes: lanes
        ).fuse(&memory)
        memory.assign()
        return Plan(
            steps: fused.steps, groupedFrom: fused.groupedFrom, groupSize: groupSize, taps: taps, memory: memory,
            instructionSet: set)
    }

    private mutating func step(for node: Int) throws -> any Step {
        let source = backbone.graph.nodes[node].source
        switch backbone.graph.nodes[node].operation {
        case .image: return ImageStep(scaling, output: outputMap(of: node))
        case .convolution(let convolution):
            if convolution.depthwise { return try depthwise(node, convolution, source) }
            switch denseKernel(of: node, convolution) {
            case .direct: return try dense(node, convolution, source)
            case .winograd(let stride): return try winograd(node, convolution, source, stride)
            }
        case .stem(let convolution): return try stem(node, convolution, source)
        case .gate(let gate): return try self.gate(node, gate, source)
        }
    }

    private mutating func dense(
        _ node: Int, _ convolution: Graph.Convolution, _ source: Int
    ) throws -> ConvolutionStep {
        let input = inputMap(source)
        let folded = try FoldedConvolution(
            convolution, inputs: input.shape.channels, epsilon: backbone.graph.normEpsilon, from: weights)
        let packed = try PackedWeights.direct(folded, inputPixelStep: input.pixelStep, lanes: lanes)
        let gate = convolution.gate.map { factors in
            (inputMap(factors), memory.reserve(floats: input.shape.channels * packed.vectors * lanes, at: steps.count))
        }
        return ConvolutionStep(
            layer: convolution.weight, input: input, output: outputMap(of: node),
            shortcut: convolution.shortcut.map { inputMap($0) }, weights: packed, inputChannels: input.shape.channels,
            window: convolution.window, padding: padding(of: convolution.window, over: source),
            activation: convolution.activation.activation, gate: gate)
    }

    private mutating func winograd(
        _ node: Int, _ convolution: Graph.Convolution, _ source: Int, _ stride: Int
    ) throws -> WinogradStep {
        let (input, output) = (inputMap(source), outputMap(of: node))
        let folded = try FoldedConvolution(
            convolution, inputs: input.shape.channels, epsilon: backbone.graph.normEpsilon, from: weights)
        let packed = try PackedWeights.winograd(folded, stride: stride, lanes: lanes)
        let tiles = DenseKernel.winograd(stride: stride).tilesPerBlock(input: input.shape, output: output.shape)
        let scratch = winograd_scratch(stride, tiles, input.pixelStep, packed.vectors * lanes)
        return WinogradStep(
            layer: convolution.weight, input: input, output: output,
            shortcut: convolution.shortcut.map { inputMap($0) }, weights: packed, stride: stride,
            activation: convolution.activation.activation, tilesPerBlock: tiles,
            transformed: memory.reserve(floats: scratch.transformed, at: steps.count),
            products: memory.reserve(floats: scratch.products, at: steps.count))
    }

    private mutating func stem(_ node: Int, _ convolution: Graph.Convolution, _ source: Int) throws -> StemStep {
        let input = inputMap(source)
        let convolved = convolution.output(of: input.shape) ?? input.shape
        let folded = try FoldedConvolution(
            convolution, inputs: input.shape.channels, epsilon: backbone.graph.normEpsilon, from: weights)
        let packed = try PackedWeights.stem(folded, lanes: lanes)
        return StemStep(
            layer: convolution.weight, input: input, output: outputMap(of: node), weights: packed,
            convolved: convolved, activation: convolution.activation.activation,
            scratch: memory.reserve(floats: stem_scratch(convolved.width, packed.vectors * lanes), at: steps.count))
    }

    private func denseKernel(of node: Int, _ convolution: Graph.Convolution) -> DenseKernel {
        guard let input = shapes[backbone.graph.nodes[node].source], let output = shapes[node] else { return .direct }
        return DenseKernel(convolution, input: input, output: output)
    }

    private mutating func depthwise(
        _ node: Int, _ convolution: Graph.Convolution, _ source: Int
    ) throws -> DepthwiseStep {
        let folded = try FoldedConvolution(
            convolution, inputs: 1, epsilon: backbone.graph.normEpsilon, from: weights)
        let feedsGate = needed.contains { other in
            if case .gate = backbone.graph.nodes[other].operation {
                backbone.graph.nodes[other].source == node
            } else {
                false
            }
        }
        if feedsGate { sums[node] = vectorMap(channels: convolution.channels, grouped: readByGroup(node)) }
        return DepthwiseStep(
            layer: convolution.weight, input: inputMap(source), output: outputMap(of: node),
            weights: try PackedWeights.depthwise(folded, lanes: lanes), window: convolution.window,
            padding: padding(of: convolution.window, over: source), activation: convolution.activation.activation,
            sums: sums[node])
    }

    private mutating func gate(_ node: Int, _ gate: Graph.Gate, _ source: Int) throws -> GateStep {
        let squeezed = inputMap(source)
        let channels = squeezed.shape.channels
        let reduce = try FoldedConvolution(gate.reduce, inputs: channels, outputs: gate.reducedChannels, from: weights)
        let expand = try FoldedConvolution(gate.expand, inputs: gate.reducedChannels, outputs: channels, from: weights)
        let grouped = steps.count >= groupedFrom
        let sums = self.sums[source] ?? vectorMap(channels: channels, grouped: grouped)
        memory.use(sums.area, at: steps.count)
        let factors = vectorMap(channels: channels, grouped: readByGroup(node))
        maps[node] = factors
        return GateStep(
            layer: backbone.graph.nodes[node].name, sums: sums,
            pixels: squeezed.shape.height * squeezed.shape.width,
            means: vectorMap(channels: channels, grouped: grouped),
            reduced: vectorMap(channels: gate.reducedChannels, grouped: grouped), output: factors,
            reduce: try PackedWeights.direct(reduce, inputPixelStep: channels, lanes: lanes),
            expand: try PackedWeights.direct(expand, inputPixelStep: gate.reducedChannels, lanes: lanes))
    }
}

// Maps and their memory.
extension PlanBuilder {
    /// The map that an earlier step has made; this step reads it.
    private mutating func inputMap(_ node: Int) -> FeatureMap {
        let map = maps[node] ?? outputMap(of: node)
        memory.use(map.area, at: steps.count)
        return map
    }

    /// A new map for this step to write.
    private mutating func outputMap(of node: Int) -> FeatureMap {
        let shape = shapes[node] ?? FeatureShape(height: 1, width: 1, channels: 1)
        // The image is read by one kernel only, which takes pixels of three floats.
        let pixelStep = node == 0 ? shape.channels : FeatureMap.pixelStep(channels: shape.channels, lanes: lanes)
        let map = newMap(shape, border: border(of: node), pixelStep: pixelStep, grouped: readByGroup(node))
        maps[node] = map
        return map
    }

    /// One pixel.
    private mutating func vectorMap(channels: Int, grouped: Bool) -> FeatureMap {
        newMap(
            FeatureShape(height: 1, width: 1, channels: channels), border: .none,
            pixelStep: channels.roundedUp(to: lanes), grouped: grouped)
    }

    private mutating func newMap(
        _ shape: FeatureShape, border: Border, pixelStep: Int, grouped: Bool
    ) -> FeatureMap {
        let floats = FeatureMap.imageStep(shape, border, pixelStep: pixelStep) * (grouped ? groupSize : 1)
        // A map of the whole group that is filled image by image must not be overwritten by the next image's steps.
        let area = memory.reserve(floats: floats, at: grouped && steps.count < groupedFrom ? 0 : steps.count)
        memory.use(area, at: steps.count)
        return FeatureMap(shape: shape, border: border, pixelStep: pixelStep, holdsGroup: grouped, area: area)
    }

    /// The group's images are all there at once: the map is a tap, or a grouped step writes or reads it.
    private func readByGroup(_ node: Int) -> Bool {
        if tapNodes.contains(node) || steps.count >= groupedFrom { return true }
        return needed.dropFirst(groupedFrom).contains { backbone.graph.inputs(of: $0).contains(node) }
    }

    /// The widest border that a reader of the node's output needs.
    private func border(of node: Int) -> Border {
        guard let shape = shapes[node] else { return .none }
        return needed.filter { backbone.graph.nodes[$0].source == node && $0 != node }.reduce(.none) { border, reader in
            if case .convolution(let convolution) = backbone.graph.nodes[reader].operation, let output = shapes[reader],
                let own = denseKernel(of: reader, convolution).border(input: shape, output: output)
            {
                return border.union(own)
            }
            if case .stem(let convolution) = backbone.graph.nodes[reader].operation,
                let convolved = convolution.output(of: shape)
            {
                return border.union(StemStep.border(input: shape, convolved: convolved))
            }
            guard let window = backbone.graph.nodes[reader].operation.window,
                let rows = window.padding.resolve(input: shape.height, size: window.size, stride: window.stride),
                let columns = window.padding.resolve(input: shape.width, size: window.size, stride: window.stride)
            else { return border }
            return border.union(
                Border(top: rows.before, left: columns.before, bottom: rows.after, right: columns.after))
        }
    }

    private func padding(of window: Graph.Window, over node: Int) -> WindowPadding {
        guard let shape = shapes[node] else { return WindowPadding(top: 0, left: 0) }
        let rows = window.padding.resolve(input: shape.height, size: window.size, stride: window.stride)
        let columns = window.padding.resolve(input: shape.width, size: window.size, stride: window.stride)
        return WindowPadding(top: rows?.before ?? 0, left: columns?.before ?? 0)
    }
}

extension Graph.Operation {
    /// The window that slides over the source, if there is one.
    var window: Graph.Window? {
        switch self {
        case .convolution(let convolution), .stem(let convolution): convolution.window
        case .image, .gate: nil
        }
    }
}
