/// An archive, or a member of one, that cannot be read: which, and why.
public struct ArchiveError: Error, CustomStringConvertible, Equatable, Sendable {
    /// The archive's path or address.
    public let archive: String
    public let reason: String

    public init(_ archive: String, _ reason: String) { (self.archive, self.reason) = (archive, reason) }

    public var description: String { "\(archive): \(reason)" }
}
