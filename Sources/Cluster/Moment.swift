/// A point on some clock that only moves forward, in milliseconds. The cores are told the time; they never ask for it.
public struct Moment: Comparable, Hashable, Sendable {
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static let start = Moment(milliseconds: 0)

    public static func < (left: Moment, right: Moment) -> Bool { left.milliseconds < right.milliseconds }

    /// Milliseconds from `earlier` to this moment.
    public func since(_ earlier: Moment) -> Int64 { milliseconds - earlier.milliseconds }
}
