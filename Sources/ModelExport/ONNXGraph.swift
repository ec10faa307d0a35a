/// Builds a graph of ONNX operators. Nodes refer to values by name.
struct ONNXGraph {
    /// ONNX's numbers of element types.
    enum ElementType: Int {
        case float = 1
        case uint8 = 2
        case int64 = 7
        case bool = 9

        var byteCount: Int {
            switch self {
            case .float: 4
            case .uint8, .bool: 1
            case .int64: 8
            }
        }
    }

    enum Attribute {
        case int(Int)
        case ints([Int])
    }

    struct Node {
        let operation: String
        let inputs: [String]
        let outputs: [String]
        let attributes: [(name: String, value: Attribute)]
    }

    /// A constant tensor.
    struct Initializer {
        let name: String
        let type: ElementType
        let shape: [Int]
        /// Hands the bytes out, little-endian, in pieces: a model's matrices may be larger than the memory.
        let content: (_ take: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

        var byteCount: Int { shape.reduce(type.byteCount, *) }
    }

    /// A value that comes in or goes out. A side of nil is the number of images.
    struct Value {
        let name: String
        let type: ElementType
        let shape: [Int?]
    }

    private(set) var nodes: [Node] = []
    private(set) var initializers: [Initializer] = []
    var inputs: [Value] = []
    var outputs: [Value] = []
    private var names: Set<String> = []

    /// Appends a node.
    /// - Parameter name: of its output; one that is taken gets a number behind it.
    /// - Returns: the output's name.
    mutating func add(
        _ operation: String, _ inputs: [String], as name: String, _ attributes: [(name: String, value: Attribute)] = []
    ) -> String {
        let output = unused(name)
        nodes.append(Node(operation: operation, inputs: inputs, outputs: [output], attributes: attributes))
        return output
    }

    /// Appends a node with two outputs, of which the first is used.
    mutating func addPair(
        _ operation: String, _ inputs: [String], as name: String, _ attributes: [(name: String, value: Attribute)]
    ) -> String {
        let outputs = [unused(name), unused(name + ".rest")]
        nodes.append(Node(operation: operation, inputs: inputs, outputs: outputs, attributes: attributes))
        return outputs[0]
    }

    mutating func constant(_ values: [Float], _ shape: [Int], as name: String) -> String {
        add(
            Initializer(name: unused(name), type: .float, shape: shape) { take in
                try values.withUnsafeBytes { try take($0) }
            })
    }

    mutating func constant(_ values: [Int], as name: String) -> String {
        let numbers = values.map { Int64($0).littleEndian }
        return add(
            Initializer(name: unused(name), type: .int64, shape: [values.count]) { take in
                try numbers.withUnsafeBytes { try take($0) }
            })
    }

    /// - Parameter content: hands out the floats in the order of the shape.
    mutating func constant(
        _ shape: [Int], as name: String,
        content: @escaping (_ take: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) -> String {
        add(Initializer(name: unused(name), type: .float, shape: shape, content: content))
    }

    private mutating func add(_ initializer: Initializer) -> String {
        initializers.append(initializer)
        return initializer.name
    }

    private mutating func unused(_ name: String) -> String {
        var (found, number) = (name, 2)
        while !names.insert(found).inserted { (found, number) = ("\(name).\(number)", number + 1) }
        return found
    }
}
