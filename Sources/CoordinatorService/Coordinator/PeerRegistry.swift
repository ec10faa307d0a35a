import Cluster

/// Short names for the peers that talk to the coordinator. One is never given twice.
package struct PeerRegistry<Peer: Hashable> {
    private var peers: [WorkerAddress: Peer] = [:]
    private var addresses: [Peer: WorkerAddress] = [:]
    private var last: UInt64 = 0

    package init() {}

    package var count: Int { peers.count }

    package subscript(address: WorkerAddress) -> Peer? { peers[address] }

    /// The name of a peer: the one it has, or a new one.
    package mutating func address(of peer: Peer) -> WorkerAddress {
        if let known = addresses[peer] { return known }
        last += 1
        let address = WorkerAddress(bytes: withUnsafeBytes(of: last.bigEndian) { Array($0) })
        addresses[peer] = address
        peers[address] = peer
        return address
    }

    package mutating func forget(_ peer: Peer) {
        if let address = addresses.removeValue(forKey: peer) { peers[address] = nil }
    }

    /// Forgets all but those that have a session: a peer that sent one message, or has reconnected since, leaves nothing behind.
    package mutating func keep(where hasSession: (WorkerAddress) -> Bool) {
        guard peers.contains(where: { !hasSession($0.key) }) else { return }
        peers = peers.filter { hasSession($0.key) }
        addresses = addresses.filter { hasSession($0.value) }
    }
}
