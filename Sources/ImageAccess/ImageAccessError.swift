import Storage

/// Bytes of an image that cannot be had: of which image, and why.
public struct ImageAccessError: Error, CustomStringConvertible, Equatable, Sendable {
    /// What names the image: the text of its location, or a path as it was given.
    public let name: String
    public let reason: String

    public init(_ name: String, _ reason: String) { (self.name, self.reason) = (name, reason) }

    public var description: String { "\(name): \(reason)" }
}
