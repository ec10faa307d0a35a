import Dispatch
import Inspection
import Storage

/// What a list says of its images, which a thread of its own finds out: it is needed when they are inspected, and takes as long as it takes to
/// read a long list.
package final class TruthUnderWay: Sendable {
    private let group = DispatchGroup()
    private let found = Locked<Truth?>(nil)

    init(_ find: @escaping @Sendable () -> Truth?) {
        DispatchQueue.global().async(group: group) { [found] in
            let truth = find()
            found.withLock { $0 = truth }
        }
    }

    /// Waits for it. Nil where the list does not say it of all.
    package var value: Truth? {
        group.wait()
        return found.withLock { $0 }
    }
}
