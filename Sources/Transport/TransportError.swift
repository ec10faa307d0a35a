/// What the network or a key refused: the endpoint, key or file it is about, why, and what to do.
///
/// No secret is ever part of it.
public struct TransportError: Error, CustomStringConvertible, Equatable, Sendable {
    public let subject: String
    public let reason: String
    public let remedy: String

    public init(_ subject: String, _ reason: String, remedy: String) {
        (self.subject, self.reason, self.remedy) = (subject, reason, remedy)
    }

    public var description: String { "\(subject): \(reason); \(remedy)" }
}
