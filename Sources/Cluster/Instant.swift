/// A point on some clock that only moves forward, in milliseconds. The cores are told the time; they never ask for it.
public struct Instant: Comparable, Hashable, Sendable {
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static let start = Instant(milliseconds: 0)

    public static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }

    /// Milliseconds from `earlier` to this instant.
    public func since(_ earlier: Instant) -> Int64 { milliseconds - earlier.milliseconds }

    /// The instant so many milliseconds later.
    func advanced(by interval: Int64) -> Instant {
        let (sum, overflow) = milliseconds.addingReportingOverflow(interval)
        return Instant(milliseconds: overflow ? .max : sum)
    }
}
