import Tensors

/// The instructions with which a pickle builds objects: only those of `TorchGlobal` can be built.
extension PickleMachine {
    mutating func performCall(_ opcode: PickleOpcode) throws {
        switch opcode {
        case .global:
            let module = try cursor.line()
            push(try global(module: module, name: try cursor.line()))
        case .stackGlobal:
            guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
                throw cursor.damaged("a name that is not text")
            }
            push(try global(module: module, name: name))
        case .reduce, .newObject:
            let arguments = try pop()
            guard case .tuple(let index) = arguments, case .global(let function) = try pop() else {
                throw cursor.damaged("its pickle calls something that is not a function")
            }
            push(try call(function, heap.tuples[index]))
        case .build:
            // Attributes: of a state dictionary its versions, of the rest nothing that weights need.
            _ = try pop()
            switch try top() {
            case .dictionary, .ignored: break
            default: throw cursor.damaged("its pickle sets the state of something that has no state")
            }
        case .persistentIdentifier: push(try storage(try pop()))
        default: break
        }
    }

    private func global(module: String, name: String) throws -> PickleValue {
        if let global = TorchGlobal(module: module, name: name) { return .global(global) }
        throw CheckpointError(
            cursor.path,
            "refers to the Python object \(quoted(module + "." + name)), which is no part of plain weights, and is refused "
                + "(nothing of the file was run). If you trust the file, open it in PyTorch and save only its state_dict: "
                + "safetensors.torch.save_file(model.state_dict(), \"weights.safetensors\")")
    }

    private mutating func call(_ function: TorchGlobal, _ arguments: [PickleValue]) throws -> PickleValue {
        switch function {
        case .orderedDictionary: return heap.dictionary(try pairs(arguments))
        case .size: return arguments.first ?? heap.tuple([])
        case .rebuildTensor, .rebuildTensorOfType: return try tensor(function, arguments)
        case .rebuildParameter:
            guard case .tensor? = arguments.first else { throw cursor.damaged("a parameter that is not a tensor") }
            return arguments[0]
        case .rebuildFromType:
            guard arguments.count >= 3, case .global(let inner) = arguments[0], let its = heap.items(arguments[2]),
                inner == .rebuildTensor || inner == .rebuildTensorOfType
            else { throw cursor.damaged("a tensor of a type that is not supported") }
            return try tensor(inner, its)
        case .plain: return .ignored
        case .storage, .elementType: throw cursor.damaged("its pickle calls something that is not a function")
        }
    }

    /// The members that Python 2 gives an ordered dictionary: one argument, a list of pairs.
    private mutating func pairs(_ arguments: [PickleValue]) throws -> [(key: PickleValue, value: PickleValue)] {
        guard let first = arguments.first else { return [] }
        guard let pairs = heap.items(first) else { throw cursor.damaged("a dictionary whose items are not pairs") }
        // One list recalled again and again must not fill the memory; each honest pair takes a byte or more.
        pairCount += pairs.count
        guard pairCount <= cursor.position else { throw cursor.damaged("its dictionaries are larger than its pickle") }
        return try pairs.map { pair in
            guard let pair = heap.items(pair), pair.count == 2 else {
                throw cursor.damaged("a dictionary whose items are not pairs")
            }
            return (pair[0], pair[1])
        }
    }

    /// Arguments: storage, offset, size, strides, whether it requires a gradient, hooks; then, where the function is
    /// `rebuildTensorOfType`, the element type; then perhaps a dictionary of flags.
    private mutating func tensor(_ function: TorchGlobal, _ arguments: [PickleValue]) throws -> PickleValue {
        guard arguments.count >= 4, case .storage(let index) = arguments[0], case .int(let offset) = arguments[1],
            let shape = heap.integers(arguments[2]), let strides = heap.integers(arguments[3])
        else { throw cursor.damaged("a tensor that is not dense or not described as one") }
        guard heap.tensors.count < Self.maximumTensors else {
            throw cursor.damaged("more tensors than any network has")
        }
        let storage = heap.storages[index]
        var type = storage.type
        var flags = arguments.dropFirst(6)
        if function == .rebuildTensorOfType {
            guard case .global(.elementType(let its))? = flags.popFirst() else {
                throw cursor.damaged("a tensor of an element type that is not supported")
            }
            type = its
        }
        if case .dictionary(let index)? = flags.first, !heap.dictionaries[index].isEmpty {
            throw cursor.damaged("a tensor that is a lazy conjugate or negative; save it after .resolve_neg()")
        }
        do {
            return heap.tensor(
                try TorchTensor(storage: storage, type: type, shape: shape, offset: offset, strides: strides))
        } catch TorchTensor.Flaw.outsideItsStorage {
            throw cursor.damaged("a tensor of shape \(shape) lies outside its storage of \(storage.part.count) bytes")
        } catch {
            throw cursor.damaged("a tensor of an impossible shape, \(shape)")
        }
    }

    /// Identifiers: "storage", type, key, device, count of elements; in old files then perhaps a view of it: key, offset,
    /// count.
    private mutating func storage(_ identifier: PickleValue) throws -> PickleValue {
        guard let items = heap.items(identifier), items.count >= 5, case .string("storage") = items[0],
            case .global(.storage(let type)) = items[1], case .string(let key) = items[2],
            case .int(let count) = items[4]
        else { throw cursor.damaged("it refers to something outside its pickle that is not a storage") }
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: type.byteCount)
        guard count >= 0, !overflow else { throw cursor.damaged("a storage of \(count) elements") }
        var part = 0..<byteCount
        if items.count > 5, let view = heap.items(items[5]) {
            guard view.count == 3, case .int(let offset) = view[1], case .int(let length) = view[2],
                (0...count).contains(offset), (0...(count - offset)).contains(length)
            else { throw cursor.damaged("a view that lies outside its storage") }
            part = (offset * type.byteCount)..<((offset + length) * type.byteCount)
        }
        guard heap.storages.count < Self.maximumTensors else {
            throw cursor.damaged("more storages than any network has")
        }
        return heap.storage(TorchStorage(key: key, type: type, byteCount: byteCount, part: part))
    }
}
