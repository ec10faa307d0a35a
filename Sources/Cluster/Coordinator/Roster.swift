import Storage

/// The workers in session: by address, by session, and in the order in which they joined, so that the same events always give the
/// same directives.
struct Roster: Sendable {
    private var records: [WorkerAddress: WorkerRecord] = [:]
    private var addresses: [SessionID: WorkerAddress] = [:]
    /// Numbers rise from worker to worker.
    private var order: [(number: Int64, address: WorkerAddress)] = []

    var count: Int { records.count }
    var values: Dictionary<WorkerAddress, WorkerRecord>.Values { records.values }
    var inOrder: [WorkerAddress] { order.map(\.address) }

    subscript(address: WorkerAddress) -> WorkerRecord? { records[address] }

    func contains(_ address: WorkerAddress) -> Bool { records.index(forKey: address) != nil }

    /// Looks at the record of a worker where it lies: a copy counts the owners of all that is in it, which thousands of heartbeats a second
    /// need not.
    /// - Returns: nil where nobody is at that address.
    @discardableResult
    mutating func look<Result>(at address: WorkerAddress, _ body: (WorkerRecord) -> Result) -> Result? {
        func inPlace(_ worker: inout WorkerRecord) -> Result { body(worker) }
        guard let place = records.index(forKey: address) else { return nil }
        return inPlace(&records.values[place])
    }

    /// Changes the record of a worker in session: the only way to do so.
    ///
    /// Whoever calls it knows that the worker is there. If it is not, the core has a mistake: debug builds stop there; a release build
    /// changes nothing and returns nil, so that the coordinator goes on without that worker.
    @discardableResult
    mutating func update<Result>(_ address: WorkerAddress, _ change: (inout WorkerRecord) -> Result) -> Result? {
        guard let place = records.index(forKey: address) else {
            assertionFailure("a worker that is not in session is changed")
            return nil
        }
        return change(&records.values[place])
    }

    /// Changes the upload of a worker that has one; if it has none, as `update`.
    mutating func updateUpload(_ address: WorkerAddress, _ change: (inout Upload) -> Void) {
        update(address) { worker in
            guard var upload = worker.upload.take() else {
                return assertionFailure("an upload that is over is changed")
            }
            change(&upload)
            worker.upload = upload
        }
    }

    /// Changes a lease that a worker has; if it has not, as `update`.
    @discardableResult
    mutating func updateLease<Result>(
        _ address: WorkerAddress, _ number: LeaseID, _ change: (inout WorkerRecord.Lease) -> Result
    ) -> Result? {
        update(address) { worker in
            guard let place = worker.leases.index(forKey: number) else {
                assertionFailure("lease \(number), which is over, is changed")
                return nil
            }
            return change(&worker.leases.values[place])
        } ?? nil
    }

    mutating func updateAll(_ change: (inout WorkerRecord) -> Void) {
        // Without `indices`, which hold a second owner of all records: the first change would copy them.
        var place = records.startIndex
        while place != records.endIndex {
            change(&records.values[place])
            records.formIndex(after: &place)
        }
    }

    /// Looks at all records where they lie, in the order in which the workers joined.
    mutating func lookAtAll(_ body: (WorkerRecord) -> Void) {
        for entry in order { look(at: entry.address, body) }
    }

    /// Whether a worker is there of which something holds. Records are looked at where they lie, until one is found.
    mutating func contains(where holds: (WorkerRecord) -> Bool) -> Bool {
        order.contains { entry in look(at: entry.address, holds) == true }
    }

    func address(ofSession session: SessionID) -> WorkerAddress? { addresses[session] }

    mutating func insert(_ worker: WorkerRecord) {
        records[worker.address] = worker
        addresses[worker.session] = worker.address
        order.append((worker.number, worker.address))
    }

    @discardableResult
    mutating func remove(_ address: WorkerAddress) -> WorkerRecord? {
        guard let worker = records.removeValue(forKey: address) else { return nil }
        addresses[worker.session] = nil
        order.remove(at: place(of: worker.number))
        return worker
    }

    /// A worker speaks from another address now, at which nobody else is.
    mutating func move(from old: WorkerAddress, to new: WorkerAddress) {
        guard var worker = records.removeValue(forKey: old) else { return }
        worker.address = new
        records[new] = worker
        addresses[worker.session] = new
        order[place(of: worker.number)].address = new
    }

    mutating func removeAll() { self = Roster() }

    private func place(of number: Int64) -> Int {
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            if order[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
