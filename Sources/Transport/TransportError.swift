import Storage

/// What the network or a key refused: the endpoint, key or file it is about, why, and what to do.
///
/// No secret is ever part of it.
public struct TransportError: EnvironmentalError, CustomStringConvertible, Equatable, Sendable {
    public let subject: String
    public let reason: String
    public let remedy: String
    /// The system's number for it, where the system said so.
    let code: Int32?

    public init(_ subject: String, _ reason: String, remedy: String) {
        self.init(subject, reason, remedy: remedy, code: nil)
    }

    init(_ subject: String, _ reason: String, remedy: String, code: Int32?) {
        (self.subject, self.reason, self.remedy, self.code) = (subject, reason, remedy, code)
    }

    public var isEnvironmental: Bool { code.map(SystemCode.isEnvironmental) ?? false }

    public var description: String { "\(subject): \(reason); \(remedy)" }
}
