import Foundation
import Storage

/// The leases that are worked on.
final class OpenLeases: @unchecked Sendable {
    private let lock = NSLock()
    private var leases: [LeaseID] = []

    func add(_ lease: LeaseID) { lock.withLock { leases.append(lease) } }
    func remove(_ lease: LeaseID) { lock.withLock { leases.removeAll { $0 == lease } } }
    var oldest: LeaseID? { lock.withLock { leases.first } }
}
