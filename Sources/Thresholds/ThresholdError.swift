/// Why no threshold follows from what was given, and what to do about it.
public struct ThresholdError: Error, CustomStringConvertible, Equatable, Sendable {
    public let description: String

    public init(_ description: String) { self.description = description }
}
