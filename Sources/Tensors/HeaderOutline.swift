/// What a safetensors header is made of, found in one pass without recursion and without memory, before a JSON decoder
/// may see it: decoders recurse on nesting and keep only one of two members of the same name.
struct HeaderOutline {
    /// Names in the outer object: tensors, and perhaps the metadata.
    private(set) var entries = 0
    /// Names in the objects inside it.
    private(set) var fields = 0
    /// Commas in the arrays inside those.
    private(set) var commas = 0

    /// An object (1) of objects (2) that hold arrays (3); nothing valid nests deeper.
    static let maximumDepth = 3

    /// - Throws: `TensorError` about `path` where the bytes cannot be a header.
    init(_ json: UnsafeRawBufferPointer, path: String) throws {
        var depth = 0
        var inString = false
        var escaped = false
        for (offset, byte) in json.enumerated() {
            // Also keeps out UTF-16 and UTF-32, which a decoder might recognise by their zero bytes.
            guard byte >= 0x20 || (!inString && (byte == 0x09 || byte == 0x0A || byte == 0x0D)) else {
                throw TensorError(path, "not a safetensors file: byte \(offset + 8), in its header, is not text")
            }
            if inString {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                guard depth <= Self.maximumDepth else {
                    throw TensorError(path, "not a safetensors file: its header nests too deeply at byte \(offset + 8)")
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ":") where depth == 1: entries += 1
            case UInt8(ascii: ":") where depth == 2: fields += 1
            case UInt8(ascii: ",") where depth == 3: commas += 1
            default: break
            }
        }
    }
}
