import Storage

/// A text that is no address of an object: the text, without what may be a secret in it, and why.
public struct ObjectAddressError: EnvironmentalError, CustomStringConvertible, Equatable, Sendable {
    public let address: String
    public let reason: String

    init(_ text: String, _ reason: String) { (address, self.reason) = (Self.withoutSecrets(text), reason) }

    public var isEnvironmental: Bool { false }

    public var description: String { "\(address): \(reason)" }

    /// What stands before an `@` and behind a `?` may be a password or a token.
    private static func withoutSecrets(_ text: String) -> String {
        var shown = Substring(text)
        if let query = shown.utf8.firstIndex(of: UInt8(ascii: "?")) { shown = shown[..<query] + "?..." }
        if let scheme = shown.range(of: "://") {
            let rest = shown[scheme.upperBound...]
            if let end = rest.prefix(while: { $0 != "/" }).lastIndex(of: "@") {
                shown = shown[..<scheme.upperBound] + "..." + rest[end...]
            }
        }
        return shown.utf8.count <= 300 ? String(shown) : shown.prefix(280) + "..."
    }
}
