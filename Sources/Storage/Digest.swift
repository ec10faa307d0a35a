import COpenSSL
import Foundation

/// A SHA-256: the address of a model, of weights, of a partial.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// 32 bytes.
    public let bytes: [UInt8]

    /// The digest that 64 hexadecimal digits name, or nil if they are not that.
    public init?(hex: String) {
        let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 64, hex.utf8.count == 64 else { return nil }
        bytes = stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    fileprivate init(bytes: [UInt8]) { self.bytes = bytes }

    public init(of data: UnsafeRawBufferPointer) {
        var stream = DigestStream()
        stream.update(data)
        self = stream.finish()
    }

    public init(of data: some Sequence<UInt8>) {
        let whole = Array(data)
        self = whole.withUnsafeBytes { Digest(of: $0) }
    }

    /// The digest of a file's whole content. It is read, not mapped: a mapping of a large file would count as memory.
    public init(ofFile path: String) throws {
        let file = try RegularFile(path: path)
        try self.init(ofDescriptor: file.descriptor, path)
    }

    /// The same of an open file, whose place for reading stays where it is.
    init(ofDescriptor descriptor: Int32, _ path: String) throws {
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
        defer { block.deallocate() }
        var stream = DigestStream()
        var place: off_t = 0
        while true {
            let count = pread(descriptor, block.baseAddress, block.count, place)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw StorageError.fromErrno("read", path) }
            if count == 0 { break }
            stream.update(UnsafeRawBufferPointer(rebasing: block[..<count]))
            place += off_t(count)
        }
        self = stream.finish()
    }

    /// 64 lower-case hexadecimal digits.
    public var hex: String {
        String(decoding: bytes.flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    public var description: String { hex }

    private static let digits = Array("0123456789abcdef".utf8)
}

extension Digest: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = Digest(hex: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text.prefix(80))' is not a SHA-256")
        }
        self = digest
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}

/// A SHA-256 in the making, fed block by block. OpenSSL's, which uses the processor's own instructions for it where there are
/// any: a model of gigabytes is digested by every worker that maps it.
public struct DigestStream: Sendable {
    private var state = SHA256_CTX()

    public init() { SHA256_Init(&state) }

    /// Takes more bytes in, behind those that came before.
    public mutating func update(_ data: UnsafeRawBufferPointer) {
        guard let start = data.baseAddress else { return }
        SHA256_Update(&state, start, data.count)
    }

    /// A text's UTF-8.
    public mutating func update(_ text: String) {
        var text = text
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    public consuming func finish() -> Digest {
        var bytes = [UInt8](repeating: 0, count: 32)
        SHA256_Final(&bytes, &state)
        return Digest(bytes: bytes)
    }
}
