/// What cannot be evaluated, exported or reported, and what to do about it.
public struct InspectionError: Error, CustomStringConvertible, Equatable, Sendable {
    public let description: String

    public init(_ description: String) { self.description = description }
}
