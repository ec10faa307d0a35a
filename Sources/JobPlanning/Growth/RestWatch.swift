import Foundation

/// Tells files that are still being written from those that are whole: a file is at rest once its size and its time were the same for a
/// while.
package struct RestWatch {
    /// What shows that a file is written to.
    package struct State: Equatable, Sendable {
        let bytes: Int64
        /// In nanoseconds since 1970, by the clock of whoever stores the file.
        let modified: Int64

        package init(bytes: Int64, modified: Int64) { (self.bytes, self.modified) = (bytes, modified) }
    }

    /// A file that is not at rest.
    package struct Restless: Equatable, Sendable {
        package let path: String
        /// Nil where it is not there.
        package let bytes: Int64?
    }

    /// A file whose time is older than this is at rest at once: clocks of machines differ by less.
    private static let old = Duration.seconds(60)

    private let restTime: Duration
    /// So long a file may change before somebody is told.
    private let timeout: Duration
    private var seen: [String: Seen] = [:]

    private struct Seen {
        var state: State?
        /// When it was first seen so.
        var since: Duration
        /// When the file was first seen.
        let first: Duration
        var isTold = false
    }

    package init(restTime: Duration) {
        self.restTime = restTime
        timeout = max(.seconds(60), restTime * 10)
    }

    /// - Parameters:
    ///   - state: nil where the file is not there.
    ///   - now: the time since any fixed moment, by a clock that nobody sets.
    ///   - date: the time in nanoseconds since 1970.
    package mutating func isAtRest(_ path: String, _ state: State?, now: Duration, date: Int64) -> Bool {
        if let state, date - state.modified > (Self.old + restTime).nanoseconds {
            seen[path] = nil
            return true
        }
        guard var known = seen[path] else {
            seen[path] = Seen(state: state, since: now, first: now)
            return false
        }
        if known.state != state { (known.state, known.since) = (state, now) }
        seen[path] = known
        // A file without content was begun, and is not yet written.
        return state.map { $0.bytes > 0 } ?? false && now - known.since >= restTime
    }

    /// Forgets files that are not looked at any more. Until then a file that came to rest is remembered: others may still be waited for.
    package mutating func keep(only paths: Set<String>) { seen = seen.filter { paths.contains($0.key) } }

    /// The files that do not come to rest: each is told once.
    package mutating func restless(now: Duration) -> [Restless] {
        let late = seen.filter { !$0.value.isTold && now - $0.value.first >= timeout }
        for path in late.keys { seen[path]?.isTold = true }
        return late.sorted { $0.key < $1.key }.map { Restless(path: $0.key, bytes: $0.value.state?.bytes) }
    }
}

extension RestWatch.State {
    /// Nil where there is no such file.
    package init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let modified = Int64(status.st_mtim.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        self.init(
            bytes: Int64(status.st_size),
            modified: modified.overflow ? .max : modified.partialValue &+ Int64(status.st_mtim.tv_nsec))
    }
}

extension Duration {
    var nanoseconds: Int64 { Int64(self / .nanoseconds(1)) }
}
