/// A file of tensors that cannot be used, or a tensor that cannot be written: which one, and what is wrong with it.
public struct TensorError: Error, CustomStringConvertible, Equatable, Sendable {
    /// The file; for a tensor that is in no file yet, the tensor.
    public let subject: String
    public let reason: String

    public init(_ subject: String, _ reason: String) {
        (self.subject, self.reason) = (subject, reason)
    }

    public var description: String { "\(subject): \(reason)" }
}

/// A tensor's name as an error shows it: names come from files and may be of any length.
func quoted(_ name: String) -> String {
    name.count <= 200 ? "'\(name)'" : "'\(name.prefix(200))...'"
}
