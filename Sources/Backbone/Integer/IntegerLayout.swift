import CKernels
import Compute

/// What a network of integers computes, one operation after another, and where its maps lie; without any weights.
struct IntegerLayout {
    /// A map of numbers of eight bits. Steps are in words (see integer_kernels.h).
    struct Map: Sendable {
        let map: FeatureMap
        /// The convolution whose scale the numbers have; nil: the image's pixels.
        let layer: String?
    }

    /// A convolution of integers, by the name of its weights.
    struct Layer: Sendable {
        let name: String
        /// Nil: it belongs to a gate, and has a bias and no norm.
        let convolution: Graph.Convolution?
        let window: Graph.Window
        let padding: WindowPadding
        let inputs: Int
        let outputs: Int
        let isDepthwise: Bool
        let activation: IntegerActivation
        let input: Map
        let shortcut: Map?
        let output: Map
        /// Its values as floats: of taps, and of all layers while scales are looked for.
        let values: FeatureMap?
        /// Not nil: it goes through transformed tiles.
        let winograd: Winograd?
    }

    /// The scratch memory of a convolution by transformed tiles.
    struct Winograd: Sendable {
        let tilesPerBlock: Int
        let transformed: Area
        let products: Area
    }

    /// The scratch memory of an inverted residual that goes row by row.
    struct InvertedResidual: Sendable {
        /// Rows of the expanded map.
        let ring: Area
        /// A row of the depthwise convolution's output, where a projection follows.
        let row: Area
    }

    enum Operation: Sendable {
        case pixels(Map)
        case convolution(Layer)
        /// An expansion, a depthwise convolution and perhaps a projection.
        case invertedResidual([Layer], InvertedResidual)
        case maxPool(Map, Map)
        case means(Map, output: Map, scratch: Area)
        case gate(Map, factors: Map, output: Map)
    }

    let variant: IntegerVariant
    let shape: IntegerShape
    private(set) var operations: [Operation] = []
    private(set) var groupedFrom = 0
    /// The floats of each tapped node.
    private(set) var tapped: [Int: FeatureMap] = [:]
    var memory = MemoryPlan()

    private let backbone: Backbone
    private let groupSize: Int
    private let needed: [Int]
    private let tapNodes: [Int]
    private let shapes: [FeatureShape?]
    private let firstGroupedNode: Int
    private let keepsAllValues: Bool
    private var maps: [Int: Map] = [:]
    private var node = 0

    /// - Parameter keepsAllValues: every layer gives its values as floats, to look for its scale, and all images of a group go through each step.
    init(
        backbone: Backbone, layers: [String], inputHeight: Int, inputWidth: Int, variant: IntegerVariant,
        groupSize: Int,
        keepsAllValues: Bool = false
    ) throws {
        self.backbone = backbone
        self.variant = variant
        self.groupSize = groupSize
        self.keepsAllValues = keepsAllValues
        shape = integer_shape(variant)
        let graph = backbone.graph
        tapNodes = try graph.tapNodes(layers, backbone: backbone.name)
        needed = graph.nodesNeeded(for: tapNodes)
        shapes = try graph.shapes(
            of: needed, inputHeight: inputHeight, inputWidth: inputWidth, backbone: backbone.name, layers: layers)
        // The sums of a gate's means are of 32 bits.
        let gated = needed.contains { if case .gate = graph.nodes[$0].operation { true } else { false } }
        guard !gated || inputHeight * inputWidth <= 1 << 24 else {
            throw BackboneError.inputTooLarge(height: inputHeight, width: inputWidth, largest: 1 << 12)
        }
        let grouped = PlanBuilder.firstGroupedStep(graph, needed, shapes)
        firstGroupedNode = keepsAllValues ? 1 : grouped < needed.count ? needed[grouped] : graph.nodes.count
        for node in needed { add(node) }
        // Areas are in use from one operation to another as these are counted before some are joined.
        for tap in tapped.values { memory.use(tap.area, at: operations.count) }
        if !keepsAllValues { fuse() }
        memory.assign()
        memory.reserveBehind(floats: furthestRead)
    }

    /// How far behind a map's end the kernels may read.
    private var furthestRead: Int {
        operations.reduce(0) { most, operation in
            operation.layers.reduce(most) { most, layer in
                let input = layer.input.map
                return max(
                    most, IntegerTileSide * (layer.window.stride * input.pixelStep + 1),
                    layer.winograd == nil ? 0 : input.rowStep + 2 * input.pixelStep)
            }
        }
    }

    mutating func replaceOperations(_ operations: [Operation], groupedFrom: Int) {
        (self.operations, self.groupedFrom) = (operations, groupedFrom)
    }

    /// The taps' floats, in the order in which layers were asked for.
    var taps: [FeatureMap] { tapNodes.compactMap { tapped[$0] } }
}

// Nodes.
extension IntegerLayout {
    private mutating func add(_ node: Int) {
        self.node = node
        if node < firstGroupedNode { groupedFrom = operations.count }
        let source = backbone.graph.nodes[node].source
        switch backbone.graph.nodes[node].operation {
        case .image:
            let map = newMap(of: node, channels: 3, layer: nil)
            maps[node] = map
            operations.append(.pixels(map))
        case .convolution(let convolution): add(convolution, from: source)
        case .stem(let convolution): addStem(convolution, from: source)
        case .gate(let gate): add(gate, from: source)
        }
        if node < firstGroupedNode { groupedFrom = operations.count }
    }

    private mutating func add(_ convolution: Graph.Convolution, from source: Int) {
        let outputShape = shapes[node] ?? FeatureShape(height: 1, width: 1, channels: convolution.channels)
        let input = use(gatedMap(convolution) ?? maps[source])
        let shortcut = convolution.shortcut.flatMap { maps[$0] }.map { use($0) }
        let output = newMap(of: node, channels: convolution.channels, layer: convolution.weight)
        let isTap = tapNodes.contains(node)
        let layer = Layer(
            name: convolution.weight, convolution: convolution, window: convolution.window,
            padding: padding(of: convolution.window, over: source),
            inputs: convolution.depthwise ? 1 : input.map.shape.channels, outputs: convolution.channels,
            isDepthwise: convolution.depthwise, activation: IntegerActivation(convolution.activation), input: input,
            shortcut: shortcut, output: output,
            values: isTap || keepsAllValues
                ? values(outputShape, depthwise: convolution.depthwise, grouped: isTap) : nil,
            winograd: winograd(convolution, input: input.map, output: outputShape))
        maps[node] = output
        append(layer)
        if isTap { tapped[node] = layer.values }
    }

    private mutating func addStem(_ convolution: Graph.Convolution, from source: Int) {
        let input = use(maps[source])
        let convolved = convolution.output(of: input.map.shape) ?? input.map.shape
        let whole = newMap(
            convolved, border: Border(top: 1, left: 1, bottom: 1, right: 1), channels: convolved.channels,
            layer: convolution.weight, grouped: node >= firstGroupedNode)
        append(
            Layer(
                name: convolution.weight, convolution: convolution, window: convolution.window,
                padding: padding(of: convolution.window, over: source), inputs: 3, outputs: convolution.channels,
                isDepthwise: false, activation: IntegerActivation(convolution.activation), input: input, shortcut: nil,
                output: whole, values: keepsAllValues ? values(convolved, depthwise: false, grouped: true) : nil,
                winograd: nil))
        let pooled = newMap(of: node, channels: convolution.channels, layer: convolution.weight)
        memory.use(whole.map.area, at: operations.count)
        maps[node] = pooled
        operations.append(.maxPool(whole, pooled))
    }

    /// The means, two convolutions of one pixel, and the factors.
    private mutating func add(_ gate: Graph.Gate, from source: Int) {
        let input = use(maps[source])
        let channels = input.map.shape.channels
        let grouped = node >= firstGroupedNode
        let scratch = memory.reserve(floats: 4 * input.map.pixelStep, at: operations.count)
        let means = pixelMap(channels, layer: input.layer, like: input, grouped: grouped)
        operations.append(.means(input, output: means, scratch: scratch))
        let reduced = connect(gate.reduce, use(means), gate.reducedChannels, .swish, nil, grouped)
        maps[node] = connect(gate.expand, use(reduced), channels, .sigmoid, input, grouped)
    }

    private mutating func connect(
        _ name: String, _ input: Map, _ outputs: Int, _ activation: IntegerActivation, _ like: Map?, _ grouped: Bool
    ) -> Map {
        let output = pixelMap(outputs, layer: name, like: like, grouped: grouped || readByGroup(node))
        let one = FeatureShape(height: 1, width: 1, channels: outputs)
        append(
            Layer(
                name: name, convolution: nil, window: Graph.Window(size: 1, stride: 1, padding: .symmetric(0)),
                padding: WindowPadding(top: 0, left: 0), inputs: input.map.shape.channels, outputs: outputs,
                isDepthwise: false, activation: activation, input: input, shortcut: nil, output: output,
                values: keepsAllValues ? values(one, depthwise: false, grouped: true) : nil, winograd: nil))
        return output
    }

    /// The map that a gate's factors make of a convolution's input.
    private mutating func gatedMap(_ convolution: Graph.Convolution) -> Map? {
        guard let gate = convolution.gate, let factors = maps[gate],
            let source = maps[backbone.graph.nodes[node].source]
        else { return nil }
        let (input, gates) = (use(source), use(factors))
        let output = newMap(
            input.map.shape, border: .none, pixelStep: input.map.pixelStep, layer: input.layer,
            grouped: node >= firstGroupedNode)
        operations.append(.gate(input, factors: gates, output: output))
        return output
    }

    private mutating func append(_ layer: Layer) {
        if let values = layer.values { memory.use(values.area, at: operations.count) }
        memory.use(layer.output.map.area, at: operations.count)
        operations.append(.convolution(layer))
    }
}

// Maps.
extension IntegerLayout {
    /// The map that an earlier operation has made; the next one reads it.
    private mutating func use(_ map: Map?) -> Map {
        // Nodes come in the order of evaluation, so the map is there.
        let map = map ?? newMap(of: node, channels: 1, layer: nil)
        memory.use(map.map.area, at: operations.count)
        return map
    }

    private mutating func newMap(of node: Int, channels: Int, layer: String?) -> Map {
        newMap(
            shapes[node] ?? FeatureShape(height: 1, width: 1, channels: channels), border: border(of: node),
            channels: channels, layer: layer, grouped: readByGroup(node))
    }

    private mutating func newMap(
        _ shape: FeatureShape, border: Border, channels: Int, layer: String?, grouped: Bool
    ) -> Map {
        // The image's pixels are red, green, blue and 0; a depthwise convolution takes and makes whole blocks.
        let multiple = layer == nil ? 4 : touchesDepthwise(node) ? self.shape.block : self.shape.lanes
        return newMap(
            shape, border: border, pixelStep: channels.roundedUp(to: multiple) / self.shape.elements, layer: layer,
            grouped: grouped)
    }

    private mutating func newMap(
        _ shape: FeatureShape, border: Border, pixelStep: Int, layer: String?, grouped: Bool
    ) -> Map {
        let words = FeatureMap.imageStep(shape, border, pixelStep: pixelStep) * (grouped ? groupSize : 1)
        // A map of the whole group that is filled image by image must not be overwritten by the next image's steps.
        let area = memory.reserve(floats: words, at: grouped && node < firstGroupedNode ? 0 : operations.count)
        memory.use(area, at: operations.count)
        return Map(
            map: FeatureMap(shape: shape, border: border, pixelStep: pixelStep, holdsGroup: grouped, area: area),
            layer: layer)
    }

    /// One pixel, with as many words as a pixel of another map.
    private mutating func pixelMap(_ channels: Int, layer: String?, like: Map?, grouped: Bool) -> Map {
        newMap(
            FeatureShape(height: 1, width: 1, channels: channels), border: .none,
            pixelStep: like?.map.pixelStep ?? channels.roundedUp(to: shape.lanes) / shape.elements, layer: layer,
            grouped: grouped)
    }

    private mutating func values(_ shape: FeatureShape, depthwise: Bool, grouped: Bool) -> FeatureMap {
        let step = shape.channels.roundedUp(to: depthwise ? self.shape.block : self.shape.lanes)
        let floats = FeatureMap.imageStep(shape, .none, pixelStep: step) * groupSize
        let area = memory.reserve(floats: floats, at: grouped && node < firstGroupedNode ? 0 : operations.count)
        return FeatureMap(shape: shape, border: .none, pixelStep: step, holdsGroup: true, area: area)
    }

    /// The scratch memory for transformed tiles, where those take fewer products: the sums are the same.
    private mutating func winograd(
        _ convolution: Graph.Convolution, input: FeatureMap, output: FeatureShape
    ) -> Winograd? {
        let inputs = input.shape.channels
        guard shape.has_winograd, !convolution.depthwise, convolution.window.size == 3, convolution.window.stride == 1,
            inputs.isMultiple(of: 2 * shape.lanes)
        else { return nil }
        let perTile = Int(IntegerWinogradSlices) * (inputs / 2 + 2 * shape.lanes)
        let tiles = min(
            output.height.vectors(of: 4) * output.width.vectors(of: 4) * groupSize,
            max(Self.fewestTiles, Self.cachedWords / perTile))
        let scratch = integer_winograd_scratch(variant, tiles, inputs)
        return Winograd(
            tilesPerBlock: tiles, transformed: memory.reserve(floats: scratch.transformed, at: operations.count),
            products: memory.reserve(floats: scratch.products, at: operations.count))
    }

    /// What a block of tiles may take, transformed and multiplied, and the tiles that are worth reading a panel's weights for.
    private static let cachedWords = 160 << 10
    private static let fewestTiles = 64

    /// A depthwise convolution reads or writes the node's map.
    private func touchesDepthwise(_ node: Int) -> Bool {
        func isDepthwise(_ node: Int) -> Bool {
            if case .convolution(let convolution) = backbone.graph.nodes[node].operation {
                convolution.depthwise
            } else {
                false
            }
        }
        return isDepthwise(node)
            || needed.contains { backbone.graph.nodes[$0].source == node && $0 != node && isDepthwise($0) }
    }

    /// The group's images are all there at once: an operation of the whole group writes or reads the map.
    private func readByGroup(_ node: Int) -> Bool {
        if node >= firstGroupedNode { return true }
        return needed.contains { $0 >= firstGroupedNode && backbone.graph.inputs(of: $0).contains(node) }
    }

    /// The widest border that a reader of the node's output needs.
    private func border(of node: Int) -> Border {
        guard let shape = shapes[node] else { return .none }
        return needed.filter { backbone.graph.nodes[$0].source == node && $0 != node }.reduce(.none) { border, reader in
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
