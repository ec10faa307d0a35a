/// One connection of one client to a server. A client that connects again is another peer.
public struct Peer: Hashable, Sendable, CustomStringConvertible {
    let route: [UInt8]
    /// Where it connects from, such as `10.0.0.7`; for logs.
    public let address: String?

    init(route: [UInt8], address: String?) { (self.route, self.address) = (route, address) }

    public static func == (one: Peer, other: Peer) -> Bool { one.route == other.route }
    public func hash(into hasher: inout Hasher) { hasher.combine(route) }

    public var description: String {
        let digits = route.prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "peer \(digits)" + (address.map { " at \($0)" } ?? "")
    }
}
