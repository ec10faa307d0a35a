/// A relay, as the relays behind it hear of it.
public struct RelayIdentity: Codable, Equatable, Sendable {
    /// Drawn at random by each process.
    public let id: Int64
    /// For people.
    public let name: String

    public init(id: Int64, name: String) { (self.id, self.name) = (id, name) }

    /// Of a chain of relays no more are used, or passed on.
    public static let most = 64

    var cleaned: RelayIdentity {
        RelayIdentity(id: id, name: ReportedText.cleaned(name, most: ReportedText.longestName))
    }
}
