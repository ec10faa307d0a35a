/// The public half of a CURVE key pair: 32 bytes, written as 64 hexadecimal digits. Not a secret.
public struct PublicKey: Hashable, Sendable, CustomStringConvertible {
    /// The length of a key.
    public static let byteCount = 32

    public let bytes: [UInt8]

    init?(bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
        guard self.bytes.count == Self.byteCount else { return nil }
    }

    public init?(hex: some StringProtocol) {
        guard let bytes = Hexadecimal.bytes(hex.utf8) else { return nil }
        self.init(bytes: bytes)
    }

    /// The key as 64 hexadecimal digits.
    public var hex: String { Hexadecimal.text(bytes) }
    public var description: String { hex }
}
