import Storage

/// Why a status server cannot listen.
public struct StatusServerError: EnvironmentalError, CustomStringConvertible, Equatable, Sendable {
    public let address: String
    public let reason: String
    public let remedy: String
    /// The system's number for it; nil where the request is at fault.
    let code: Int32?

    init(_ address: String, _ reason: String, remedy: String, code: Int32? = nil) {
        (self.address, self.reason, self.remedy, self.code) = (address, reason, remedy, code)
    }

    public var isEnvironmental: Bool { code != nil }

    public var description: String { "\(address): \(reason); \(remedy)" }
}
