extension PickleMachine {
    /// The number or text that follows an opcode.
    mutating func scalar(_ opcode: PickleOpcode) throws -> PickleValue {
        switch opcode {
        case .newTrue: return .bool(true)
        case .newFalse: return .bool(false)
        case .int: return .int(Int(try cursor.integer(Int32.self)))
        case .int1: return .int(Int(try cursor.byte()))
        case .int2: return .int(Int(try cursor.integer(UInt16.self)))
        case .long1: return try long(byteCount: Int(try cursor.byte()))
        case .long4: return try long(byteCount: try cursor.count(as: Int32.self))
        case .double:
            return .double(Double(bitPattern: try cursor.integer(UInt64.self).byteSwapped))
        // Python 2's texts.
        case .string: return try text(byteCount: try cursor.count(as: Int32.self))
        case .shortString: return try text(byteCount: Int(try cursor.byte()))
        case .unicode: return try text(byteCount: try cursor.count(as: UInt32.self))
        case .shortUnicode: return try text(byteCount: Int(try cursor.byte()))
        case .unicode8: return try text(byteCount: try cursor.count(as: UInt64.self))
        case .bytes: return try ignored(byteCount: try cursor.count(as: UInt32.self))
        case .shortBytes: return try ignored(byteCount: Int(try cursor.byte()))
        case .bytes8, .byteArray8: return try ignored(byteCount: try cursor.count(as: UInt64.self))
        default: return .none
        }
    }

    private mutating func long(byteCount: Int) throws -> PickleValue {
        let bytes = try cursor.take(byteCount)
        guard byteCount <= 8 else { return .long(Array(bytes)) }
        var value = (bytes.last ?? 0) & 0x80 == 0 ? 0 : -1
        for byte in bytes.reversed() { value = value << 8 | Int(byte) }
        return .int(value)
    }

    private mutating func text(byteCount: Int) throws -> PickleValue {
        .string(String(decoding: try cursor.take(byteCount), as: UTF8.self))
    }

    private mutating func ignored(byteCount: Int) throws -> PickleValue {
        _ = try cursor.take(byteCount)
        return .ignored
    }
}
