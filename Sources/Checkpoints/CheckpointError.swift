/// A file of weights that cannot be used: which one, what is wrong with it, and what to do.
public struct CheckpointError: Error, CustomStringConvertible, Equatable, Sendable {
    public let path: String
    public let reason: String

    public init(_ path: String, _ reason: String) {
        (self.path, self.reason) = (path, reason)
    }

    public var description: String { "\(path): \(reason)" }
}
