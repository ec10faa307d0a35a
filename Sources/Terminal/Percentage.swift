import ArgumentParser

/// A percentage as people write it: `20` and `20%` are the same.
public struct Percentage: ExpressibleByArgument, CustomStringConvertible, Sendable {
    /// 20 of 20%.
    public let value: Double

    public init(_ value: Double) { self.value = value }

    /// - Returns: nil if the text is no number, with or without a sign of percent.
    public init?(argument: String) {
        guard let value = Double(argument.hasSuffix("%") ? argument.dropLast() : argument[...]) else { return nil }
        self.init(value)
    }

    public var description: String { "\(value)" }
    public var defaultValueDescription: String { description }
}
