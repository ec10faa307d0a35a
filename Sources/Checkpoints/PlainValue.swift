/// What a PyTorch file has beside tensors: how a network was made and trained, in plain data.
public indirect enum PlainValue: Equatable, Sendable {
    case none
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case list([PlainValue])
    case dictionary([String: PlainValue])

    /// A member of a dictionary; nil of anything else.
    public subscript(key: String) -> PlainValue? {
        guard case .dictionary(let members) = self else { return nil }
        return members[key]
    }

    /// Nil of anything but a text.
    public var text: String? { if case .string(let text) = self { text } else { nil } }
    /// Nil of anything but a whole number.
    public var whole: Int? { if case .int(let number) = self { number } else { nil } }
    /// Nil of anything but a number.
    public var number: Double? {
        switch self {
        case .int(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }
    /// Nil of anything but a list.
    public var items: [PlainValue]? { if case .list(let items) = self { items } else { nil } }
}

/// Takes plain data out of a pickle's objects. Objects may refer to each other in circles and again and again: depth and number are bounded.
struct PlainValueReader {
    private let heap: PickleHeap
    private var left = 100_000
    private static let maximumDepth = 16

    init(_ heap: PickleHeap) { self.heap = heap }

    /// The members of the dictionary `root` that are plain data throughout.
    static func members(of object: PickledObject) -> [String: PlainValue] {
        guard case .dictionary(let root) = object.root else { return [:] }
        var reader = PlainValueReader(object.heap)
        var found: [String: PlainValue] = [:]
        for (key, value) in object.heap.dictionaries[root] {
            if case .string(let name) = key, let plain = reader.read(value, depth: 0) { found[name] = plain }
        }
        return found
    }

    /// - Returns: nil where it is not plain data throughout, or is beyond the bounds.
    private mutating func read(_ value: PickleValue, depth: Int) -> PlainValue? {
        left -= 1
        guard left > 0, depth < Self.maximumDepth else { return nil }
        switch value {
        case .none: return PlainValue.none
        case .bool(let flag): return .bool(flag)
        case .int(let number): return .int(number)
        case .double(let number): return .double(number)
        case .string(let text): return .string(text)
        case .tuple(let index): return read(heap.tuples[index], depth)
        case .list(let index): return read(heap.lists[index], depth)
        case .dictionary(let index):
            var members: [String: PlainValue] = [:]
            for (key, value) in heap.dictionaries[index] {
                guard case .string(let name) = key, let plain = read(value, depth: depth + 1) else { return nil }
                members[name] = plain
            }
            return .dictionary(members)
        case .long, .global, .storage, .tensor, .ignored: return nil
        }
    }

    private mutating func read(_ values: [PickleValue], _ depth: Int) -> PlainValue? {
        var items: [PlainValue] = []
        for value in values {
            guard let plain = read(value, depth: depth + 1) else { return nil }
            items.append(plain)
        }
        return .list(items)
    }
}
