/// The numbers in a BMP's information header that tell how its pixels are stored.
struct InformationFields {
    enum Compression: CustomStringConvertible {
        case none, runs8, runs4, fields
        case other(String)

        var description: String {
            switch self {
            case .none: "uncompressed"
            case .runs8: "8-bit run-length coded"
            case .runs4: "4-bit run-length coded"
            case .fields: "in bit fields"
            case .other(let name): name
            }
        }
    }

    let kind: InformationHeader
    let width: Int
    let height: Int
    let isTopDown: Bool
    let bits: Int
    let compression: Compression
    /// Whether masks of red, green and blue, and one of alpha, follow a header that has no room for them.
    private let masksThatFollow: Int
    /// Colours of the palette; 0: as many as the bits a pixel can name.
    let colors: Int

    private let start: Int

    var size: Int { kind.rawValue }
    var bytesPerColor: Int { kind == .core ? 3 : 4 }

    /// - Parameter start: where the header begins.
    init(_ bytes: UnsafeRawBufferPointer, at start: Int, name: String) throws {
        guard bytes.count >= start + 12 else {
            throw ImageError.damaged(name, "BMP", "the file ends within its header")
        }
        let size = Int(bytes.number(UInt32.self, start))
        guard let kind = InformationHeader(rawValue: size) else {
            throw ImageError.unsupported(name, "a BMP whose header has \(size) bytes")
        }
        guard bytes.count >= start + size else {
            throw ImageError.damaged(name, "BMP", "the file ends within its header")
        }
        func number<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type, _ offset: Int) -> Int {
            Int(bytes.number(type, start + offset))
        }
        (self.kind, self.start) = (kind, start)
        if kind == .core {
            (width, height, isTopDown) = (number(UInt16.self, 4), number(UInt16.self, 6), false)
            (bits, compression, masksThatFollow, colors) = (number(UInt16.self, 10), .none, 0, 0)
            return
        }
        let signedHeight = number(Int32.self, 8)
        (width, height, isTopDown) = (number(Int32.self, 4), abs(signedHeight), signedHeight < 0)
        bits = number(UInt16.self, 14)
        guard kind != .shortOS2 else {
            (compression, masksThatFollow, colors) = (.none, 0, 0)
            return
        }
        let code = number(UInt32.self, 16)
        compression = Self.compression(code, kind)
        masksThatFollow = kind == .info ? (code == 3 ? 3 : code == 6 ? 4 : 0) : 0
        colors = number(UInt32.self, 32)
    }

    private static func compression(_ code: Int, _ kind: InformationHeader) -> Compression {
        switch code {
        case 0: .none
        case 1: .runs8
        case 2: .runs4
        case 3 where kind == .os2: .other("Huffman-coded")
        case 4 where kind == .os2: .other("24-bit run-length coded")
        case 3: .fields
        case 6 where kind != .os2: .fields
        case 4: .other("with a JPEG inside")
        case 5: .other("with a PNG inside")
        default: .other("compressed by the unknown method \(code)")
        }
    }

    /// The masks of red, green and blue, and the bytes that they take behind the header.
    func masks(_ bytes: UnsafeRawBufferPointer, name: String) throws -> (masks: [UInt32]?, bytesBehind: Int) {
        guard case .fields = compression else { return (nil, 0) }
        // In longer headers the masks stand where they would follow in the short one.
        let at = start + InformationHeader.info.rawValue
        guard bytes.count >= at + 4 * max(3, masksThatFollow) else {
            throw ImageError.damaged(name, "BMP", "the file ends within its header")
        }
        return ((0..<3).map { bytes.number(UInt32.self, at + 4 * $0) }, 4 * masksThatFollow)
    }
}
