/// At most one line a second, after the first ones, for a thing that strangers can cause as often as they like.
package struct LogThrottle {
    /// How many more lines may come at once.
    private var allowance: Int
    private let burst: Int
    private var latest: ContinuousClock.Instant?
    private var suppressed = 0

    /// - Parameter burst: so many lines may come at once; each second without one allows one more again.
    package init(burst: Int = 1) {
        self.burst = burst
        allowance = burst
    }

    /// - Parameter line: takes what to put at the line's end about the lines left out.
    package mutating func write(now: ContinuousClock.Instant = .now, _ line: (_ suffix: String) -> Void) {
        let seconds = latest.map { Int(clamping: (now - $0).components.seconds) } ?? 0
        let gained = min(max(seconds, 0), burst - allowance)
        allowance += gained
        // Parts of a second count on, but not while there is nothing to gain.
        latest = allowance == burst ? now : latest.map { $0 + .seconds(gained) } ?? now
        guard allowance > 0 else {
            suppressed += 1
            return
        }
        allowance -= 1
        line(suppressed > 0 ? " (and \(suppressed) like it before)" : "")
        suppressed = 0
    }
}
