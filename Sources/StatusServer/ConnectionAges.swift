/// When the connections of a server began, and which of them are over: whoever reads or writes slowly has only so long, and less where
/// many are waiting.
struct ConnectionAges<Connection: Hashable> {
    /// In milliseconds.
    static var timeout: Int64 { 10_000 }
    static var timeoutInACrowd: Int64 { 2_000 }

    let most: Int
    private var began: [Connection: Int64] = [:]
    private var ended: Set<Connection> = []

    init(most: Int) { self.most = most }

    var count: Int { began.count }

    mutating func begin(_ connection: Connection, at time: Int64) { began[connection] = time }

    mutating func end(_ connection: Connection) {
        began[connection] = nil
        ended.remove(connection)
    }

    /// The connections that are to be ended now. Each is named once.
    mutating func overdue(at time: Int64) -> [Connection] {
        let timeout = began.count > most / 2 ? Self.timeoutInACrowd : Self.timeout
        let overdue = began.filter { time - $0.value >= timeout && !ended.contains($0.key) }.map(\.key)
        ended.formUnion(overdue)
        return overdue
    }
}
