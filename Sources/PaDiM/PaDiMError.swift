import Storage

/// A wish that the method cannot grant: which value, why, and what would do.
public struct PaDiMError: Error, CustomStringConvertible, Equatable, Sendable {
    public let subject: String
    public let reason: String

    public init(_ subject: String, _ reason: String) {
        (self.subject, self.reason) = (subject, reason)
    }

    public var description: String { "\(subject): \(reason)" }
}

/// An image that was left out, and why. The others go on.
public struct UnusableImage: Error, CustomStringConvertible, Equatable, Sendable {
    /// Its place among the images given.
    public let index: Int
    public let location: ImageLocation
    public let reason: String

    public init(index: Int, location: ImageLocation, reason: String) {
        (self.index, self.location, self.reason) = (index, location, reason)
    }

    public var description: String { "\(location): \(reason)" }
}
