import Tensors

/// The tensors of a PyTorch checkpoint by name, with their descriptions.
struct TorchTensorTable: Sendable {
    /// In the file's order.
    let descriptions: [TensorDescription]
    private let tensors: [String: TorchTensor]
    private let path: String

    init(_ state: StateDictionary, path: String) throws {
        descriptions = try state.tensors.map {
            try TensorDescription(name: $0.name, type: $0.tensor.type, shape: $0.tensor.shape)
        }
        tensors = Dictionary(state.tensors.map { ($0.name, $0.tensor) }, uniquingKeysWith: { _, last in last })
        self.path = path
    }

    subscript(name: String) -> TorchTensor {
        get throws {
            guard let tensor = tensors[name] else { throw CheckpointError(path, "has no tensor \(quoted(name))") }
            return tensor
        }
    }
}
