/// An image that cannot be read or written: which, and why.
public struct ImageError: Error, CustomStringConvertible, Equatable, Sendable {
    /// The file, or what stands for it where there is none.
    public let file: String
    public let reason: String

    public init(_ file: String, _ reason: String) {
        (self.file, self.reason) = (file, reason)
    }

    public var description: String { "\(file): \(reason)" }
}
