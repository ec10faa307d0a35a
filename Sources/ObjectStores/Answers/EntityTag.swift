/// What tells one content of an object from another: the ETag, as the server gives it.
public struct EntityTag: Sendable, Equatable, CustomStringConvertible {
    /// In quotes, and with `W/` before them where it is weak.
    public let text: String

    private static let longest = 256

    /// - Returns: nil where no server would send it back: it is empty, too long, or holds what is not printable ASCII, such as the end of a
    ///   header's line.
    public init?(_ text: String) {
        let bare = text.utf8.drop { $0 == 32 || $0 == 9 }
        guard (1...Self.longest).contains(bare.count), bare.allSatisfy({ (33...126).contains($0) }) else { return nil }
        let isQuoted =
            bare.last == UInt8(ascii: "\"") && (bare.first == UInt8(ascii: "\"") || bare.starts(with: "W/\"".utf8))
        let whole = String(Substring(bare))
        // Some servers leave the quotes out in listings.
        self.text = isQuoted ? whole : "\"" + whole.filter { $0 != "\"" } + "\""
    }

    /// Whether equal tags promise equal meaning and not equal bytes. `If-Match` takes none of these.
    public var isWeak: Bool { text.hasPrefix("W/") }

    public var description: String { text }
}
