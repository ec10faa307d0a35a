/// What statistics or a model cannot do, or what is wrong with their file.
public struct GaussianError: Error, CustomStringConvertible, Equatable, Sendable {
    /// The file, or the thing, that it is about.
    public let subject: String
    public let reason: String

    public init(_ subject: String, _ reason: String) {
        (self.subject, self.reason) = (subject, reason)
    }

    public var description: String { "\(subject): \(reason)" }
}

/// A patch whose covariance has no inverse.
public struct CovarianceFault: Error, CustomStringConvertible, Sendable {
    public let patch: Int
    public let description: String
}
