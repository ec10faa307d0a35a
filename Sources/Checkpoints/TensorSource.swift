import Tensors

/// One form of checkpoint, opened.
protocol TensorSource: Sendable {
    /// In the file's order, each name once.
    var descriptions: [TensorDescription] { get }
    /// What the file's outermost dictionary has beside tensors; empty where it has none.
    var plainValues: [String: PlainValue] { get }

    /// A tensor's bytes, row-major and little-endian, at any alignment, valid only inside the closure.
    func withBytes<Result>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result
}

struct SafetensorsSource: TensorSource {
    let file: SafetensorsFile

    var descriptions: [TensorDescription] { file.tensors }
    var plainValues: [String: PlainValue] { [:] }

    func withBytes<Result>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        try file.withBytes(of: name, body)
    }
}
