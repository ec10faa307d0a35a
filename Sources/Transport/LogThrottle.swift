/// At most one line a second for a thing that strangers can cause as often as they like.
package struct LogThrottle {
    private var nextTime: ContinuousClock.Instant?
    private var suppressed = 0

    package init() {}

    /// - Parameter line: takes what to put at the line's end about the lines left out.
    package mutating func write(now: ContinuousClock.Instant = .now, _ line: (_ suffix: String) -> Void) {
        if let nextTime, now < nextTime {
            suppressed += 1
            return
        }
        line(suppressed > 0 ? " (and \(suppressed) like it before)" : "")
        suppressed = 0
        nextTime = now + .seconds(1)
    }
}
