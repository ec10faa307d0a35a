/// An image of a job that could not be used, and why: in messages and for the journal.
public struct ImageFailure: Codable, Equatable, Sendable {
    public let id: ImageID
    public let reason: String

    public init(id: ImageID, reason: String) { (self.id, self.reason) = (id, reason) }
}
