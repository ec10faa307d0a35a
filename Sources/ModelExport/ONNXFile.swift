import Foundation
import Storage

/// Writes a graph as an ONNX file (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, whose field numbers stand here).
struct ONNXFile {
    let graph: ONNXGraph
    let name: String
    /// What the file says of itself, for people and programs.
    let metadata: [(key: String, value: String)]
    let release: String
    /// Protocol Buffers end at 2 GiB. Where there are more bytes of tensors than this, they go into a file beside the model.
    var mostInlineBytes = 1 << 30

    /// ONNX Runtime since 1.12, OpenVINO since 2022 and TensorRT since 8.5 take them.
    private static let (irVersion, operators) = (8, 17)
    /// Smaller tensors stay in the model's file: shapes must be known before the others are read.
    private static let leastExternalBytes = 1 << 12
    /// Where a tensor begins in the file beside.
    private static let alignment = 1 << 12

    /// - Returns: the files that were written: the model, and the file of its tensors if there is one.
    /// - Throws: `StorageError`; what the graph's constants throw.
    func write(to path: String) throws -> [String] {
        let bytes = graph.initializers.reduce(0) { $0 + $1.byteCount }
        guard bytes > mostInlineBytes else {
            try DurableFile.write(model { try inline($0) }, to: path)
            return [path]
        }
        let beside = path + ".data"
        let file = try DurableFile(path: beside)
        var end = 0
        let model = try model { initializer in
            guard initializer.byteCount >= Self.leastExternalBytes else { return try inline(initializer) }
            let offset = (end + Self.alignment - 1) / Self.alignment * Self.alignment
            end = offset
            try initializer.content { piece in
                try file.write(piece, at: end)
                end += piece.count
            }
            return external(initializer, offset: offset, in: (beside as NSString).lastPathComponent)
        }
        try file.commit()
        try DurableFile.write(model, to: path)
        return [path, beside]
    }

    private func model(_ tensor: (ONNXGraph.Initializer) throws -> [UInt8]) rethrows -> [UInt8] {
        let tensors = try graph.initializers.map(tensor)
        var model = ProtobufWriter()
        model.write(1, Self.irVersion)
        model.write(2, "padim")
        model.write(3, release)
        model.write(7) { graph in
            for node in self.graph.nodes { graph.write(1) { Self.write(node, &$0) } }
            graph.write(2, name)
            for tensor in tensors { graph.write(5, bytes: tensor) }
            for value in self.graph.inputs { graph.write(11) { Self.write(value, &$0) } }
            for value in self.graph.outputs { graph.write(12) { Self.write(value, &$0) } }
        }
        model.write(8) {
            $0.write(1, "")
            $0.write(2, Self.operators)
        }
        for (key, value) in metadata {
            model.write(14) {
                $0.write(1, key)
                $0.write(2, value)
            }
        }
        return model.bytes
    }

    private static func write(_ node: ONNXGraph.Node, _ message: inout ProtobufWriter) {
        for input in node.inputs { message.write(1, input) }
        for output in node.outputs { message.write(2, output) }
        message.write(3, node.outputs.first ?? "")
        message.write(4, node.operation)
        for (name, value) in node.attributes {
            message.write(5) {
                $0.write(1, name)
                switch value {
                case .int(let number):
                    $0.write(3, number)
                    $0.write(20, 2)
                case .ints(let numbers):
                    for number in numbers { $0.write(8, number) }
                    $0.write(20, 7)
                }
            }
        }
    }

    private static func write(_ value: ONNXGraph.Value, _ message: inout ProtobufWriter) {
        message.write(1, value.name)
        message.write(2) { type in
            type.write(1) { tensor in
                tensor.write(1, value.type.rawValue)
                tensor.write(2) { shape in
                    for side in value.shape {
                        shape.write(1) { if let side { $0.write(1, side) } else { $0.write(2, "images") } }
                    }
                }
            }
        }
    }

    private func inline(_ initializer: ONNXGraph.Initializer) throws -> [UInt8] {
        var content: [UInt8] = []
        content.reserveCapacity(initializer.byteCount)
        try initializer.content { content += $0 }
        var message = Self.header(initializer)
        message.write(9, bytes: content)
        return message.bytes
    }

    private func external(_ initializer: ONNXGraph.Initializer, offset: Int, in file: String) -> [UInt8] {
        var message = Self.header(initializer)
        for (key, value) in [("location", file), ("offset", "\(offset)"), ("length", "\(initializer.byteCount)")] {
            message.write(13) {
                $0.write(1, key)
                $0.write(2, value)
            }
        }
        message.write(14, 1)
        return message.bytes
    }

    private static func header(_ initializer: ONNXGraph.Initializer) -> ProtobufWriter {
        var message = ProtobufWriter()
        for side in initializer.shape { message.write(1, side) }
        message.write(2, initializer.type.rawValue)
        message.write(8, initializer.name)
        return message
    }
}
