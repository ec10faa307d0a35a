import Dispatch
import Storage

/// Has the disk asked for several files at once, on threads of their own, while the caller goes on.
final class SyncsUnderWay: Sendable {
    private let group = DispatchGroup()
    private let failure = Locked<(any Error)?>(nil)

    init(_ syncs: [@Sendable () throws -> Void]) {
        for sync in syncs {
            DispatchQueue.global().async(group: group) { [failure] in
                do { try sync() } catch { failure.withLock { $0 = $0 ?? error } }
            }
        }
    }

    /// Waits until the disk has answered, whatever it says.
    func wait() { group.wait() }

    /// - Throws: what the disk refused.
    func end() throws {
        wait()
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
