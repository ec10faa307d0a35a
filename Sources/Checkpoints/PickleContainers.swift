extension PickleMachine {
    mutating func performContainer(_ opcode: PickleOpcode) throws {
        switch opcode {
        case .emptyTuple: push(heap.tuple([]))
        case .tuple: push(heap.tuple(try popToMark()))
        case .tuple1: push(heap.tuple(try pop(1)))
        case .tuple2: push(heap.tuple(try pop(2)))
        case .tuple3: push(heap.tuple(try pop(3)))
        case .emptyList: push(heap.list([]))
        case .list: push(heap.list(try popToMark()))
        case .append: try append(try pop(1))
        case .appends: try append(try popToMark())
        case .emptyDictionary: push(heap.dictionary([]))
        case .dictionary: push(heap.dictionary(try members(try popToMark())))
        case .setItem: try assign(try members(try pop(2)))
        case .setItems: try assign(try members(try popToMark()))
        case .emptySet: push(.ignored)
        case .addItems: try append(try popToMark())
        case .frozenSet:
            _ = try popToMark()
            push(.ignored)
        default: break
        }
    }

    /// To the list on top of the stack.
    private func listIndex() throws -> Int? {
        switch try top() {
        case .list(let index): return index
        case .ignored: return nil
        default: throw cursor.damaged("its pickle appends to something that is not a list")
        }
    }

    private mutating func append(_ values: [PickleValue]) throws {
        if let index = try listIndex() { heap.lists[index] += values }
    }

    private mutating func assign(_ members: [(key: PickleValue, value: PickleValue)]) throws {
        switch try top() {
        case .dictionary(let index): heap.dictionaries[index] += members
        case .ignored: break
        default: throw cursor.damaged("its pickle assigns to something that is not a dictionary")
        }
    }

    private func members(_ values: [PickleValue]) throws -> [(key: PickleValue, value: PickleValue)] {
        guard values.count % 2 == 0 else { throw cursor.damaged("a key without a value") }
        return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
    }
}
