/// Reads pickles, the form in which PyTorch keeps the directory of a checkpoint.
///
/// A pickle is a program for a stack machine, and in Python it may import and call anything: opening a file of weights can
/// run its author's code. No maintained Swift library reads pickles without that danger, so this reader is our own. It can
/// build tensors, containers and plain values and nothing else; any other name that a pickle refers to is an error that
/// tells the name. It uses memory in proportion to the pickle's length and no recursion, whatever the pickle says.
///
/// Sources: Python's Lib/pickletools.py for the instructions; PyTorch's torch/serialization.py, torch/_utils.py and
/// torch/_weights_only_unpickler.py for what `torch.save` says with them.
///
/// Not copyable: a copy kept for a moment, as the compiler may make one, would turn every change of the stack into a copy
/// of all of it.
struct PickleMachine: ~Copyable {
    var cursor: ByteCursor
    var heap = PickleHeap()
    /// Pairs made into dictionaries in one call so far.
    var pairCount = 0

    private var stack: [PickleValue] = []
    /// Heights of the stack at which marks were set.
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]

    /// Bounds on what one pickle may make us remember; those of large networks have thousands of tensors in a megabyte.
    static let maximumByteCount = 1 << 24
    static let maximumTensors = 1 << 18
    static let maximumProtocol = 5

    /// Reads one pickle from where `cursor` is, and moves the cursor behind it.
    /// - Throws: `CheckpointError`.
    static func read(_ cursor: inout ByteCursor) throws -> PickledObject {
        var machine = PickleMachine(cursor: cursor)
        let root = try machine.run()
        cursor = machine.cursor
        return PickledObject(root: root, heap: machine.heap)
    }

    private init(cursor: ByteCursor) { self.cursor = cursor }

    private mutating func run() throws -> PickleValue {
        let start = cursor.position
        while true {
            guard cursor.position - start < Self.maximumByteCount else {
                throw cursor.damaged("its pickle is longer than \(Self.maximumByteCount) bytes")
            }
            let code = try cursor.byte()
            guard let opcode = PickleOpcode(rawValue: code) else {
                throw cursor.damaged("pickle instruction 0x\(String(code, radix: 16)), which weights do not need")
            }
            if opcode == .stop { return try pop() }
            try perform(opcode)
        }
    }

    private mutating func perform(_ opcode: PickleOpcode) throws {
        switch opcode {
        case .proto, .frame, .stop, .mark, .pop, .popMark, .duplicate: try performControl(opcode)
        case .none, .newTrue, .newFalse, .int, .int1, .int2, .long1, .long4, .double, .string, .shortString, .unicode,
            .shortUnicode, .unicode8, .bytes, .shortBytes, .bytes8, .byteArray8:
            push(try scalar(opcode))
        case .emptyTuple, .tuple, .tuple1, .tuple2, .tuple3, .emptyList, .list, .append, .appends, .emptyDictionary,
            .dictionary, .setItem, .setItems, .emptySet, .addItems, .frozenSet:
            try performContainer(opcode)
        case .global, .stackGlobal, .reduce, .newObject, .build, .persistentIdentifier: try performCall(opcode)
        case .put: memo[Int(try cursor.byte())] = try top()
        case .longPut: memo[Int(try cursor.integer(UInt32.self))] = try top()
        case .memoize: memo[memo.count] = try top()
        case .get: push(try remembered(Int(try cursor.byte())))
        case .longGet: push(try remembered(Int(try cursor.integer(UInt32.self))))
        }
    }

    private mutating func performControl(_ opcode: PickleOpcode) throws {
        switch opcode {
        case .proto:
            let version = try cursor.byte()
            guard version <= Self.maximumProtocol else { throw cursor.damaged("pickle protocol \(version) is unknown") }
        // A frame only tells how much may be read at once.
        case .frame: _ = try cursor.take(8)
        case .mark: marks.append(stack.count)
        case .pop: _ = try pop()
        case .popMark: _ = try popToMark()
        case .duplicate: push(try top())
        default: break
        }
    }

    private func remembered(_ index: Int) throws -> PickleValue {
        guard let value = memo[index] else { throw cursor.damaged("its pickle recalls what it never stored") }
        return value
    }
}

// MARK: - The stack

extension PickleMachine {
    mutating func push(_ value: PickleValue) { stack.append(value) }

    func top() throws -> PickleValue {
        guard stack.count > floor else { throw tooFew }
        return stack[stack.count - 1]
    }

    mutating func pop() throws -> PickleValue {
        guard stack.count > floor else { throw tooFew }
        return stack.removeLast()
    }

    /// What was pushed since the last mark.
    mutating func popToMark() throws -> [PickleValue] {
        guard let mark = marks.popLast() else { throw cursor.damaged("its pickle closes what it never opened") }
        var values: [PickleValue] = []
        values.reserveCapacity(stack.count - mark)
        // Not a slice: it would share the stack's memory, and shrinking the stack would copy all of it.
        for index in mark..<stack.count { values.append(stack[index]) }
        stack.removeLast(values.count)
        return values
    }

    /// How far down the stack may be taken.
    private var floor: Int { marks.last ?? 0 }

    private var tooFew: CheckpointError { cursor.damaged("its pickle takes more than it has put") }

    /// The last `count` values.
    mutating func pop(_ count: Int) throws -> [PickleValue] {
        var values: [PickleValue] = []
        for _ in 0..<count { values.append(try pop()) }
        return values.reversed()
    }
}
