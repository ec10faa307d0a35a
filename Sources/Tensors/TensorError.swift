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

/// A name out of a file as an error shows it: cut to a readable length, and without characters that steer a terminal.
package func quoted(_ name: String) -> String {
    var text = ""
    for scalar in name.unicodeScalars.prefix(200) {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: text += scalar.escaped(asASCII: true)
        default: text.unicodeScalars.append(scalar)
        }
    }
    return "'\(text)\(name.unicodeScalars.count > 200 ? "..." : "")'"
}
