import Dispatch

/// A digest that a thread of its own takes while others go on.
package final class DigestUnderWay: Sendable {
    private let group = DispatchGroup()
    private let found = Locked<Digest?>(nil)

    package init(_ take: @escaping @Sendable () -> Digest) {
        DispatchQueue.global().async(group: group) { [found] in
            let digest = take()
            found.withLock { $0 = digest }
        }
    }

    /// Waits for it.
    package var value: Digest? {
        group.wait()
        return found.withLock { $0 }
    }
}
