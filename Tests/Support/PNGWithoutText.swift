/// A PNG without its text chunks, as a program leaves it that drops them, and as releases wrote maps that said no scale.
public func pngWithoutText(_ file: [UInt8]) -> [UInt8] {
    var rest = Array(file.prefix(8))
    var offset = 8
    while offset + 12 <= file.count {
        let length = file[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
        let chunk = file[offset..<min(offset + 12 + length, file.count)]
        if !chunk.dropFirst(4).starts(with: "tEXt".utf8) { rest += chunk }
        offset += 12 + length
    }
    return rest
}
