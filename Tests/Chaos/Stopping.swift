import Foundation

/// Ctrl-C: asked once, everything ends in order, and what was made is taken away.
final class Stopping: @unchecked Sendable {
    private let lock = NSLock()
    private var isAsked = false

    func ask() { lock.withLock { isAsked = true } }

    func check() throws { if lock.withLock({ isAsked }) { throw Stopped() } }
}

struct Stopped: Error, CustomStringConvertible { let description = "stopped" }

/// What a round did that no job may do.
struct RoundFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
