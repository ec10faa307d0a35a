/// One connection of one client to a server. A client that connects again is another peer.
public struct Peer: Hashable, Sendable, CustomStringConvertible {
    let route: [UInt8]
    /// Where it connects from, such as `10.0.0.7`; for logs.
    public let address: String?
    /// The name that its key is listed under, where keys are used.
    public let keyName: String?
    /// Its public key, in hexadecimal. Another one may come to be listed under the same name.
    let key: String?

    init(route: [UInt8], address: String? = nil, key: String? = nil, keyName: String? = nil) {
        (self.route, self.address, self.key, self.keyName) = (route, address, key, keyName)
    }

    public static func == (one: Peer, other: Peer) -> Bool { one.route == other.route }
    public func hash(into hasher: inout Hasher) { route.withUnsafeBytes { hasher.combine(bytes: $0) } }

    public var description: String {
        let digits = route.prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let words = ["peer", digits, keyName.map { "with key \($0)" }, address.map { "at \($0)" }]
        return words.compactMap(\.self).joined(separator: " ")
    }
}
