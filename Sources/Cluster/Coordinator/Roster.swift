/// The workers in session: by address, by session, and in the order in which they joined, so that the same events always give the
/// same directives.
struct Roster: Sendable {
    private var records: [WorkerAddress: WorkerRecord] = [:]
    private var addresses: [Int64: WorkerAddress] = [:]
    /// Numbers rise from worker to worker.
    private var order: [(number: Int64, address: WorkerAddress)] = []

    var count: Int { records.count }
    var values: Dictionary<WorkerAddress, WorkerRecord>.Values { records.values }
    var inOrder: [WorkerAddress] { order.map(\.address) }

    /// To change a record that is there; `insert` and `remove` do the rest.
    subscript(address: WorkerAddress) -> WorkerRecord? {
        get { records[address] }
        _modify { yield &records[address] }
    }

    func address(ofSession session: Int64) -> WorkerAddress? { addresses[session] }

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
