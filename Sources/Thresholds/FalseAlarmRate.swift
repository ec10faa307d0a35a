import Foundation

/// The share of normal images that a threshold may flag: above 0 and below 1.
public struct FalseAlarmRate: Hashable, Sendable {
    let share: DecimalShare

    /// As a fraction, not in per cent.
    public var value: Double { share.value }

    /// Below this no number of images says anything, and no exponential tail is worth anything.
    public static let lowest = 1e-9

    /// Reads `1%` or `0.01`.
    /// - Throws: ``ThresholdError`` for anything that is not above 0 and below 1.
    public init(_ text: String) throws(ThresholdError) {
        guard let share = DecimalShare(text) else { throw Self.refusal(text) }
        guard share.value >= Self.lowest else {
            throw ThresholdError("the false-alarm rate \(text) is below \(Self.lowest): no calibration reaches that")
        }
        self.share = share
    }

    /// - Throws: ``ThresholdError`` for anything that is not above 0 and below 1.
    public init(_ value: Double) throws(ThresholdError) { try self.init("\(value)") }

    private static func refusal(_ text: String) -> ThresholdError {
        ThresholdError("'\(text)' is no false-alarm rate: give one above 0 and below 1, such as 1% or 0.01")
    }
}

/// How sure it is to be that a rate is kept: above 0 and below 1.
public struct Confidence: Hashable, Sendable {
    /// As a fraction, not in per cent.
    public let value: Double

    /// Reads `90%` or `0.9`.
    /// - Throws: ``ThresholdError`` for anything that is not above 0 and below 1.
    public init(_ text: String) throws(ThresholdError) {
        guard let share = DecimalShare(text) else {
            throw ThresholdError("'\(text)' is no confidence: give one above 0 and below 1, such as 90% or 0.9")
        }
        value = share.value
    }
}

extension FalseAlarmRate: CustomStringConvertible {
    public var description: String { Percent.text(value) }
}

extension Confidence: CustomStringConvertible {
    public var description: String { Percent.text(value) }
}

enum Percent {
    /// A share in per cent, in as many digits as people read: "0.43%".
    static func text(_ share: Double, digits: Int = 6) -> String { String(format: "%.\(digits)g%%", 100 * share) }
}
