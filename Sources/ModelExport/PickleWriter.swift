/// Writes a value as a pickle of protocol 2, in the words that `torch.load(weights_only=True)` knows (torch/_weights_only_unpickler.py).
///
/// Own code: no Swift library writes pickles, and these are fifteen instructions of Python's Lib/pickletools.py.
struct PickleWriter {
    private(set) var bytes: [UInt8] = [0x80, 2]
    /// The tensors, each in a storage of its own, whose name is the place here.
    private(set) var tensors: [TorchTensorContent] = []

    private enum Instruction: UInt8 {
        case stop = 0x2E
        case mark = 0x28
        case none = 0x4E
        case newTrue = 0x88
        case newFalse = 0x89
        case int = 0x4A
        case long = 0x8A
        case double = 0x47
        case string = 0x58
        case emptyList = 0x5D
        case appends = 0x65
        case emptyDictionary = 0x7D
        case setItems = 0x75
        case tuple = 0x74
        case emptyTuple = 0x29
        case global = 0x63
        case persistentIdentifier = 0x51
        case reduce = 0x52
    }

    init(_ root: TorchValue) {
        write(root)
        put(.stop)
    }

    private mutating func put(_ instruction: Instruction) { bytes.append(instruction.rawValue) }

    private mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    private mutating func write(_ value: TorchValue) {
        switch value {
        case .none: put(.none)
        case .bool(let flag): put(flag ? .newTrue : .newFalse)
        case .int(let number): write(number)
        case .double(let number):
            put(.double)
            withUnsafeBytes(of: number.bitPattern.bigEndian) { bytes += $0 }
        case .string(let text): write(text)
        case .list(let values):
            put(.emptyList)
            put(.mark)
            for value in values { write(value) }
            put(.appends)
        case .dictionary(let members):
            put(.emptyDictionary)
            put(.mark)
            for member in members {
                write(member.key)
                write(member.value)
            }
            put(.setItems)
        case .tensor(let tensor): write(tensor)
        }
    }

    private mutating func write(_ number: Int) {
        if let short = Int32(exactly: number) {
            put(.int)
            put(short)
        } else {
            put(.long)
            bytes.append(8)
            put(Int64(number))
        }
    }

    private mutating func write(_ text: String) {
        let utf8 = Array(text.utf8)
        put(.string)
        put(UInt32(utf8.count))
        bytes += utf8
    }

    private mutating func writeGlobal(_ module: String, _ name: String) {
        put(.global)
        bytes += Array("\(module)\n\(name)\n".utf8)
    }

    private mutating func writeTuple(_ body: (inout PickleWriter) -> Void) {
        put(.mark)
        body(&self)
        put(.tuple)
    }

    /// `_rebuild_tensor_v2`: storage, offset, shape, strides, whether it requires a gradient, hooks.
    private mutating func write(_ tensor: TorchTensorContent) {
        let key = "\(tensors.count)"
        tensors.append(tensor)
        let strides = tensor.shape.indices.map { place in tensor.shape[(place + 1)...].reduce(1, *) }
        writeGlobal("torch._utils", "_rebuild_tensor_v2")
        writeTuple { arguments in
            arguments.writeTuple { storage in
                storage.write("storage")
                storage.writeGlobal("torch", tensor.element.rawValue)
                storage.write(key)
                storage.write("cpu")
                storage.write(tensor.count)
            }
            arguments.put(.persistentIdentifier)
            arguments.write(0)
            arguments.writeTuple { shape in for side in tensor.shape { shape.write(side) } }
            arguments.writeTuple { steps in for stride in strides { steps.write(stride) } }
            arguments.put(.newFalse)
            arguments.writeGlobal("collections", "OrderedDict")
            arguments.put(.emptyTuple)
            arguments.put(.reduce)
        }
        put(.reduce)
    }
}
