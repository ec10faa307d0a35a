/// An image list that cannot be used: which, where in it, and why.
public struct ListError: Error, CustomStringConvertible, Equatable, Sendable {
    /// The list's file or folder.
    public let list: String
    /// Counted from 1.
    public let line: Int?
    public let reason: String

    public init(_ list: String, line: Int? = nil, _ reason: String) {
        (self.list, self.line, self.reason) = (list, line, reason)
    }

    public var description: String { "\(list)\(line.map { ":\($0)" } ?? ""): \(reason)" }
}
