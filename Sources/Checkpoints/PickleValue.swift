/// A value on the pickle machine's stack. Containers live in a `PickleHeap` and are named by index, so that neither depth
/// nor cycles in a file turn into recursion, when they are built or when they are freed.
enum PickleValue: Sendable {
    case none
    case bool(Bool)
    case int(Int)
    /// An integer that fits no `Int`: two's complement, little-endian, as the pickle has it.
    case long([UInt8])
    case double(Double)
    case string(String)
    case tuple(Int)
    case list(Int)
    case dictionary(Int)
    case global(TorchGlobal)
    case storage(Int)
    case tensor(Int)
    /// A plain value that weights do not need: bytes, a set, a device.
    case ignored
}

/// What a pickle has built.
struct PickleHeap: Sendable {
    var tuples: [[PickleValue]] = []
    var lists: [[PickleValue]] = []
    /// In the order of assignment; where a key comes twice the later counts.
    var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
    var storages: [TorchStorage] = []
    var tensors: [TorchTensor] = []

    mutating func tuple(_ values: [PickleValue]) -> PickleValue {
        tuples.append(values)
        return .tuple(tuples.count - 1)
    }

    mutating func list(_ values: [PickleValue]) -> PickleValue {
        lists.append(values)
        return .list(lists.count - 1)
    }

    mutating func dictionary(_ members: [(key: PickleValue, value: PickleValue)]) -> PickleValue {
        dictionaries.append(members)
        return .dictionary(dictionaries.count - 1)
    }

    mutating func storage(_ storage: TorchStorage) -> PickleValue {
        storages.append(storage)
        return .storage(storages.count - 1)
    }

    mutating func tensor(_ tensor: TorchTensor) -> PickleValue {
        tensors.append(tensor)
        return .tensor(tensors.count - 1)
    }

    /// The items of a tuple or list; nil of anything else.
    func items(_ value: PickleValue) -> [PickleValue]? {
        switch value {
        case .tuple(let index): tuples[index]
        case .list(let index): lists[index]
        default: nil
        }
    }

    /// The integers of a tuple or list of nothing else.
    func integers(_ value: PickleValue) -> [Int]? {
        guard let items = items(value), items.count <= TorchTensor.maximumRank else { return nil }
        let integers = items.compactMap { if case .int(let integer) = $0 { integer } else { nil } }
        return integers.count == items.count ? integers : nil
    }
}

/// One pickle, read to its end.
struct PickledObject: Sendable {
    let root: PickleValue
    let heap: PickleHeap
}
