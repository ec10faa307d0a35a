/// When a request is tried again that a server could not answer.
package struct RetryPolicy: Sendable {
    /// How long a server is waited for, in seconds, from the first try on.
    package let timeout: Double

    private static let shortest = 0.1
    private static let longest = 10.0
    /// A name that no server has is more often misspelt than not known for a moment.
    package static let triesOfUnknownHosts = 4

    package init(timeout: Double) { self.timeout = timeout }

    /// How long to wait before the next try, in seconds; nil: no further try.
    /// - Parameters:
    ///   - tries: that have failed, at least 1.
    ///   - elapsed: since the first of them began, in seconds.
    ///   - asked: what the server asked for in `Retry-After`.
    ///   - random: from 0 to 1, drawn anew each time, so that workers do not come back all at once.
    package func pause(tries: Int, elapsed: Double, asked: Double?, random: Double) -> Double? {
        let doubled = Self.shortest * Double(1 << min(max(tries - 1, 0), 20))
        let pause = max(min(doubled, Self.longest) * (0.5 + 0.5 * random), asked ?? 0)
        return elapsed + pause <= timeout ? pause : nil
    }
}
