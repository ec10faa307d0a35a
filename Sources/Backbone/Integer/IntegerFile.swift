import Storage
import Tensors

// A quantised network as a file of weights: docs/NUMERICS.md, "The integer network", has the names of its tensors.

extension IntegerNetwork {
    /// The tensor that only quantised files have: the version of their form.
    static let marker = "padim.int8"
    private static let version: Int32 = 1

    static let pixelParameters = [
        Parameter(name: marker, shape: [1]), Parameter(name: "image.mean", shape: [3]),
        Parameter(name: "image.deviation", shape: [3]),
    ]

    /// Reads the integers that the given layers depend on, which the file holds in the right shapes.
    /// - Throws: `BackboneError.unusableIntegers`, and what the source throws.
    init(_ source: some WeightSource, for backbone: Backbone, upTo layers: [String]) throws {
        guard try source.integers(Self.marker) == [Self.version] else {
            throw BackboneError.unusableIntegers(Self.marker, "the file is of another version")
        }
        pixels = PixelScaling(mean: try source.floats("image.mean"), deviation: try source.floats("image.deviation"))
        guard Self.takes(pixels) else {
            throw BackboneError.unusableIntegers("image", "its mean or deviation is out of range")
        }
        for node in backbone.graph.nodesNeeded(for: try backbone.graph.tapNodes(layers, backbone: backbone.name)) {
            for part in backbone.graph.integerParts(of: node) {
                convolutions[part.name] = try Self.convolution(part, source)
                try check(part.name)
            }
        }
    }

    private static func convolution(_ part: IntegerPart, _ source: some WeightSource) throws -> Convolution {
        func counted<Number>(_ tensor: String, _ count: Int, _ numbers: [Number]) throws -> [Number] {
            guard numbers.count == count else {
                throw BackboneError.unusableIntegers(
                    part.name + tensor, "it has \(numbers.count) numbers, not \(count)")
            }
            return numbers
        }
        func bytes(_ tensor: String, _ count: Int) throws -> [UInt8] {
            try counted(tensor, count, source.integers(part.name + tensor)).map { number in
                guard let byte = UInt8(exactly: number) else {
                    throw BackboneError.unusableIntegers(part.name + tensor, "\(number) is not of 0 to 255")
                }
                return byte
            }
        }
        func floats(_ tensor: String, _ count: Int) throws -> [Float] {
            try counted(tensor, count, source.floats(part.name + tensor))
        }
        func scale(_ prefix: String) throws -> MapScale {
            MapScale(scale: try floats(prefix + "scale", 1)[0], zero: try bytes(prefix + "zero", 1)[0])
        }
        let outputs = part.shape[0]
        let numbers = try source.integers(part.name + ".weight")
        let weights = try counted(".weight", part.shape.reduce(1, *), numbers).map { number in
            guard let weight = Int8(exactly: number) else {
                throw BackboneError.unusableIntegers(part.name + ".weight", "\(number) is not of 8 bits")
            }
            return weight
        }
        return Convolution(
            weights: weights, weightScales: try floats(".weight_scale", outputs),
            bias: try counted(".bias", outputs, source.integers(part.name + ".bias")),
            output: part.isFactor ? nil : try scale("."),
            table: part.isTabulated ? Table(input: try scale(".table_"), entries: try bytes(".table", 256)) : nil)
    }

    /// What a scale may be.
    static let scales: ClosedRange<Float> = 0x1p-100...0x1p100

    /// Whether integers can have this normalisation folded in: the mean is a pixel's value.
    static func takes(_ pixels: PixelScaling) -> Bool {
        pixels.mean.count == 3 && pixels.deviation.count == 3 && pixels.mean.allSatisfy { 0...255 ~= $0 }
            && pixels.deviation.allSatisfy { 1e-3...1e6 ~= $0 }
    }

    /// Scales that are numbers, and neither so small nor so large that their products are not.
    func check(_ name: String) throws {
        guard let convolution = convolutions[name] else { return }
        let scales =
            convolution.weightScales + [convolution.output?.scale, convolution.table?.input.scale].compactMap(\.self)
        guard scales.allSatisfy(Self.scales.contains) else {
            throw BackboneError.unusableIntegers(name, "a scale is not between 2^-100 and 2^100")
        }
        guard convolution.bias.allSatisfy({ -(1 << 30)...(1 << 30) ~= $0 }) else {
            throw BackboneError.unusableIntegers(name, "a bias is beyond 2^30")
        }
    }

    /// Writes the network as a safetensors file.
    /// - Parameters:
    ///   - backbone: whose network it is.
    ///   - layers: the taps whose convolutions are written.
    ///   - origin: the digest of the file that it was made of.
    /// - Throws: `StorageError`, `TensorError`.
    func write(to path: String, of backbone: Backbone, layers: [String], origin: Digest) throws {
        let nodes = backbone.graph.nodesNeeded(for: try backbone.graph.tapNodes(layers, backbone: backbone.name))
        var tensors: [String: (TensorDescription, [UInt8])] = [:]
        func add<Number: BitwiseCopyable>(_ name: String, _ type: ElementType, _ shape: [Int], _ numbers: [Number])
            throws
        {
            tensors[name] = (
                try TensorDescription(name: name, type: type, shape: shape), numbers.withUnsafeBytes { Array($0) }
            )
        }
        func add(_ name: String, _ scale: MapScale) throws {
            try add(name + "scale", .f32, [1], [scale.scale])
            try add(name + "zero", .u8, [1], [scale.zero])
        }
        try add(Self.marker, .u8, [1], [UInt8(Self.version)])
        try add("image.mean", .f32, [3], pixels.mean)
        try add("image.deviation", .f32, [3], pixels.deviation)
        for part in nodes.flatMap({ backbone.graph.integerParts(of: $0) }) {
            let convolution = try self.convolution(part.name)
            try add(part.name + ".weight", .i8, part.shape, convolution.weights)
            try add(part.name + ".weight_scale", .f32, [part.shape[0]], convolution.weightScales)
            try add(part.name + ".bias", .i32, [part.shape[0]], convolution.bias)
            if let output = convolution.output { try add(part.name + ".", output) }
            if let table = convolution.table {
                try add(part.name + ".table", .u8, [256], table.entries)
                try add(part.name + ".table_", table.input)
            }
        }
        let writer = try SafetensorsWriter(
            path: path, tensors: tensors.values.map(\.0),
            metadata: ["format": "padim-int8-1", "backbone": backbone.name, "origin": origin.hex])
        for (name, tensor) in tensors { try tensor.1.withUnsafeBytes { try writer.write($0, to: name) } }
        try writer.commit()
    }
}

/// One of the convolutions that a node is computed by, as a quantised file has it.
struct IntegerPart {
    let name: String
    /// Of its weights.
    let shape: [Int]
    var isTabulated = false
    /// It gives the factors of a gate, which have no scale of their own.
    var isFactor = false
}

extension Graph {
    func integerParts(of index: Int) -> [IntegerPart] {
        let node = nodes[index]
        switch node.operation {
        case .image: return []
        case .convolution(let convolution), .stem(let convolution):
            let inputs = convolution.depthwise ? 1 : channels(of: node.source)
            let size = convolution.window.size
            return [
                IntegerPart(
                    name: convolution.weight, shape: [convolution.channels, inputs, size, size],
                    isTabulated: convolution.activation == .swish)
            ]
        case .gate(let gate):
            let channels = channels(of: node.source)
            return [
                IntegerPart(name: gate.reduce, shape: [gate.reducedChannels, channels, 1, 1], isTabulated: true),
                IntegerPart(
                    name: gate.expand, shape: [channels, gate.reducedChannels, 1, 1], isTabulated: true, isFactor: true),
            ]
        }
    }

    func integerParameters(of index: Int) -> [Parameter] {
        integerParts(of: index).flatMap { part in
            var shapes = [
                ".weight": part.shape, ".weight_scale": [part.shape[0]], ".bias": [part.shape[0]],
            ]
            if !part.isFactor { shapes.merge([".scale": [1], ".zero": [1]]) { $1 } }
            if part.isTabulated { shapes.merge([".table": [256], ".table_scale": [1], ".table_zero": [1]]) { $1 } }
            return shapes.sorted { $0.key < $1.key }.map { Parameter(name: part.name + $0.key, shape: $0.value) }
        }
    }
}
