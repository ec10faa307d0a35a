/// Writes messages of Protocol Buffers (https://protobuf.dev/programming-guides/encoding).
///
/// Own code: ONNX needs four of its wire types, and generated code for ONNX's messages would be a hundred times as long.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    private enum WireType: UInt64 { case varint, fixed64, delimited, fixed32 = 5 }

    private mutating func tag(_ field: Int, _ type: WireType) { varint(UInt64(field) << 3 | type.rawValue) }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func write(_ field: Int, _ value: Int) {
        tag(field, .varint)
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func write(_ field: Int, _ value: Float) {
        tag(field, .fixed32)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    mutating func write(_ field: Int, _ text: String) { write(field, bytes: Array(text.utf8)) }

    mutating func write(_ field: Int, bytes content: [UInt8]) {
        tag(field, .delimited)
        varint(UInt64(content.count))
        bytes += content
    }

    /// A message within this one.
    mutating func write(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
        var message = ProtobufWriter()
        body(&message)
        write(field, bytes: message.bytes)
    }
}
