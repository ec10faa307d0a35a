/// Where a safetensors file to be written has what, and its header.
struct SafetensorsLayout {
    /// The length, the JSON and its padding: everything before the data.
    let header: [UInt8]
    /// Each tensor's bytes in the file.
    let places: [String: Range<Int>]
    let fileByteCount: Int

    /// Where the data may begin: a cache line, more than the eight bytes the format asks for.
    private static let alignment = 64

    /// - Throws: `TensorError` about `path`.
    init(_ tensors: [TensorDescription], metadata: [String: String], path: String) throws {
        let ordered = tensors.sorted {
            $0.type.byteCount != $1.type.byteCount
                ? $0.type.byteCount > $1.type.byteCount : precedes($0.name, $1.name)
        }
        var offsets: [String: Range<Int>] = [:]
        var end = 0
        for tensor in ordered {
            let (next, overflow) = end.addingReportingOverflow(tensor.byteCount)
            guard !overflow else { throw TensorError(path, "the tensors to write are too large together") }
            guard tensor.name != HeaderListing.metadataName, offsets.updateValue(end..<next, forKey: tensor.name) == nil
            else {
                throw TensorError(path, "tensor \(quoted(tensor.name)) cannot be written: the name is taken")
            }
            end = next
        }
        let header = Self.header(tensors, at: offsets, metadata: metadata)
        guard header.count - 8 <= SafetensorsHeader.maximumByteCount, tensors.count < SafetensorsHeader.maximumTensors
        else {
            throw TensorError(path, "the names of the tensors to write are too many or too long")
        }
        let (size, overflow) = end.addingReportingOverflow(header.count)
        guard !overflow else { throw TensorError(path, "the tensors to write are too large together") }
        self.header = header
        places = offsets.mapValues { ($0.lowerBound + header.count)..<($0.upperBound + header.count) }
        fileByteCount = size
    }

    private static func header(
        _ tensors: [TensorDescription], at offsets: [String: Range<Int>], metadata: [String: String]
    ) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let notes = metadata.sorted { precedes($0.key, $1.key) }.map { "\(literal($0.key)):\(literal($0.value))" }
            members.append("\(literal(HeaderListing.metadataName)):{\(notes.joined(separator: ","))}")
        }
        for tensor in tensors.sorted(by: { precedes($0.name, $1.name) }) {
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            let place = offsets[tensor.name] ?? 0..<0
            members.append(
                "\(literal(tensor.name)):{\"dtype\":\"\(tensor.type.rawValue)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(place.lowerBound),\(place.upperBound)]}")
        }
        var json = Array("{\(members.joined(separator: ","))}".utf8)
        let whole = (8 + json.count + alignment - 1) / alignment * alignment
        json += [UInt8](repeating: UInt8(ascii: " "), count: whole - 8 - json.count)
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
    }
}

/// Order by bytes: one order whatever the Unicode version.
private func precedes(_ first: String, _ second: String) -> Bool {
    first.utf8.lexicographicallyPrecedes(second.utf8)
}

/// A JSON string. Written here and not by a library's encoder, whose choice of escapes and order is its own affair: files
/// are compared by digest.
private func literal(_ text: String) -> String {
    var json = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": json += "\\\""
        case "\\": json += "\\\\"
        case _ where scalar.value < 0x20:
            let hex = String(scalar.value, radix: 16)
            json += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        default: json.unicodeScalars.append(scalar)
        }
    }
    return json + "\""
}
