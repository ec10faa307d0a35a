/// What a tensor's elements are. Raw values are safetensors' names.
public enum ElementType: String, CaseIterable, Codable, Sendable {
    case f64 = "F64"
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case i64 = "I64"
    case i32 = "I32"
    case i16 = "I16"
    case i8 = "I8"
    case u64 = "U64"
    case u32 = "U32"
    case u16 = "U16"
    case u8 = "U8"
    case bool = "BOOL"

    /// Bytes of one element.
    public var byteCount: Int {
        switch self {
        case .f64, .i64, .u64: 8
        case .f32, .i32, .u32: 4
        case .f16, .bf16, .i16, .u16: 2
        case .i8, .u8, .bool: 1
        }
    }

    /// The element type whose bytes are those of a Swift type; nil where there is none.
    public init?(of type: any BitwiseCopyable.Type) {
        switch ObjectIdentifier(type) {
        case ObjectIdentifier(Double.self): self = .f64
        case ObjectIdentifier(Float.self): self = .f32
        case ObjectIdentifier(Int64.self), ObjectIdentifier(Int.self): self = .i64
        case ObjectIdentifier(Int32.self): self = .i32
        case ObjectIdentifier(Int16.self): self = .i16
        case ObjectIdentifier(Int8.self): self = .i8
        case ObjectIdentifier(UInt64.self), ObjectIdentifier(UInt.self): self = .u64
        case ObjectIdentifier(UInt32.self): self = .u32
        case ObjectIdentifier(UInt16.self): self = .u16
        case ObjectIdentifier(UInt8.self): self = .u8
        default: return nil
        }
    }
}
