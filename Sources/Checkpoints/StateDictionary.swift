import Tensors

/// The named tensors that a checkpoint is about. It may be the state dictionary itself, or a dictionary of a training run
/// that holds one beside epochs, optimisers and the like.
struct StateDictionary: Sendable {
    /// In the file's order, each name once.
    let tensors: [(name: String, tensor: TorchTensor)]

    /// What training scripts call the network's state; the earlier counts.
    private static let usualNames = [
        "state_dict", "model_state_dict", "model_state", "model", "module", "net", "network", "weights", "params",
    ]
    /// How far down the state may be.
    private static let maximumDepth = 4

    /// - Throws: `CheckpointError` about `path` where there is no state dictionary, or more than one that could be meant.
    init(in object: PickledObject, path: String) throws {
        var search = Search(heap: object.heap, path: path)
        guard case .dictionary(let root) = object.root else {
            throw CheckpointError(path, "holds no dictionary of tensors; save the network's state_dict()")
        }
        guard let found = try search.find(in: root, depth: Self.maximumDepth) else {
            throw CheckpointError(path, "holds no tensors; save the network's state_dict()")
        }
        tensors = search.tensors(of: found)
    }

    private struct Search {
        let heap: PickleHeap
        let path: String
        private var visited: Set<Int> = []

        init(heap: PickleHeap, path: String) { (self.heap, self.path) = (heap, path) }

        /// The dictionary of tensors in or under `index`. Each dictionary is looked at once, so crossed references cost
        /// nothing.
        mutating func find(in index: Int, depth: Int) throws -> Int? {
            guard depth > 0, visited.insert(index).inserted else { return nil }
            let children = childDictionaries(of: index)
            for name in usualNames {
                if let child = children.last(where: { $0.name == name }),
                    let found = try find(in: child.index, depth: depth - 1)
                {
                    return found
                }
            }
            if heap.dictionaries[index].contains(where: { if case .tensor = $0.value { true } else { false } }) {
                return index
            }
            var candidates: [(name: String, index: Int)] = []
            for child in children {
                if let found = try find(in: child.index, depth: depth - 1) { candidates.append((child.name, found)) }
            }
            guard candidates.count <= 1 else {
                let names = candidates.prefix(8).map { quoted($0.name) }.joined(separator: ", ")
                throw CheckpointError(
                    path, "holds several dictionaries of tensors (\(names)); save the one that is meant")
            }
            return candidates.first?.index
        }

        private func childDictionaries(of index: Int) -> [(name: String, index: Int)] {
            heap.dictionaries[index].compactMap { key, value in
                if case .string(let name) = key, case .dictionary(let child) = value { (name, child) } else { nil }
            }
        }

        func tensors(of index: Int) -> [(name: String, tensor: TorchTensor)] {
            var places: [String: Int] = [:]
            var tensors: [(name: String, tensor: TorchTensor)] = []
            for case (.string(let name), .tensor(let its)) in heap.dictionaries[index] {
                let tensor = (name: name, tensor: heap.tensors[its])
                if let place = places[name] {
                    tensors[place] = tensor
                } else {
                    places[name] = tensors.count
                    tensors.append(tensor)
                }
            }
            return tensors
        }
    }
}

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
