import Foundation
import Storage

/// Who may see a job's status: whoever reaches the address, or whoever has the token.
public struct StatusAccess: Sendable {
    public enum Verdict: Equatable, Sendable {
        case allowed
        /// It changes something, or would if anything could be changed.
        case wrongMethod
        /// The name of the server that the request gives is none of its own: a page of another site may have had it look here.
        case foreignHost
        case tokenMissing
    }

    public static let shortestToken = 16
    public static let longestToken = 1_024

    /// Nil: no token is asked for.
    private let token: Digest?

    /// - Parameter token: nil: whoever reaches the address may see the status.
    public init(token: String?) { self.token = token.map { Digest(of: $0.utf8) } }

    public func verdict(method: String, host: String?, authorization: String?) -> Verdict {
        guard method == "GET" || method == "HEAD" else { return .wrongMethod }
        guard let token else { return Self.isOwn(host) ? .allowed : .foreignHost }
        // A page of another site does not have the token, whatever name it calls this server by.
        return authorization.flatMap(Self.secret).map { Self.isSame(Digest(of: $0), token) } == true
            ? .allowed : .tokenMissing
    }

    /// Whether a request's `Host` is an address, or this machine's name for itself. A name that somebody else has a name server for may
    /// lead a browser here without its user knowing; an address cannot.
    static func isOwn(_ host: String?) -> Bool {
        guard let host, host.utf8.count <= 255 else { return false }
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return false }
            let address = host[host.index(after: host.startIndex)..<end]
            return isPort(host[host.index(after: end)...]) && isAddress(String(address), AF_INET6)
        }
        let name = host.prefix { $0 != ":" }
        guard isPort(host[name.endIndex...]) else { return false }
        return name.lowercased() == "localhost" || isAddress(String(name), AF_INET)
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty
            || text.first == ":" && text.dropFirst().utf8.count <= 5
                && text.dropFirst().utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
    }

    private static func isAddress(_ text: String, _ family: Int32) -> Bool {
        var address = in6_addr()
        return inet_pton(family, text, &address) == 1
    }

    /// The token that a field `Authorization` has: of programs as `Bearer`, of browsers, which ask for a name and a password, as the
    /// password.
    static func secret(_ field: String) -> [UInt8]? {
        guard field.utf8.count <= 4 * longestToken else { return nil }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        switch parts[0].lowercased() {
        case "bearer": return Array(parts[1].utf8)
        case "basic":
            guard let pair = Data(base64Encoded: String(parts[1])), let colon = pair.firstIndex(of: UInt8(ascii: ":"))
            else {
                return nil
            }
            return Array(pair[(colon + 1)...])
        default: return nil
        }
    }

    /// In a time that does not depend on where they differ.
    private static func isSame(_ one: Digest, _ other: Digest) -> Bool {
        zip(one.bytes, other.bytes).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
