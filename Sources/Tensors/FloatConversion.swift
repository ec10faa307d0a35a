extension ElementType {
    /// Elements of this type, little-endian and at any alignment, as Floats; what Float cannot hold is rounded to
    /// nearest. BOOL gives 0 and 1. Bytes beyond the last whole element are left out.
    public func floats(_ bytes: UnsafeRawBufferPointer) -> [Float] {
        switch self {
        case .f32: convert(bytes) { (bits: UInt32) in Float(bitPattern: bits) }
        case .f64: convert(bytes) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
        case .f16: convert(bytes) { (bits: UInt16) in Float(Float16(bitPattern: bits)) }
        case .bf16: convert(bytes) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
        case .i64: convert(bytes) { (value: Int64) in Float(value) }
        case .i32: convert(bytes) { (value: Int32) in Float(value) }
        case .i16: convert(bytes) { (value: Int16) in Float(value) }
        case .i8: convert(bytes) { (value: Int8) in Float(value) }
        case .u64: convert(bytes) { (value: UInt64) in Float(value) }
        case .u32: convert(bytes) { (value: UInt32) in Float(value) }
        case .u16: convert(bytes) { (value: UInt16) in Float(value) }
        case .u8: convert(bytes) { (value: UInt8) in Float(value) }
        case .bool: convert(bytes) { (value: UInt8) in value == 0 ? 0 : 1 }
        }
    }
}

@inline(__always)
private func convert<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ value: (Bits) -> Float
) -> [Float] {
    let size = MemoryLayout<Bits>.size
    let count = bytes.count / size
    return [Float](unsafeUninitializedCapacity: count) { floats, initialized in
        for index in 0..<count {
            let bits = bytes.loadUnaligned(fromByteOffset: index * size, as: Bits.self)
            floats.initializeElement(at: index, to: value(Bits(littleEndian: bits)))
        }
        initialized = count
    }
}
