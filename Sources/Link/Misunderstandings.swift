import Logging
import Transport

/// Messages that cannot be read: their senders are told once a connection, and so is the log.
struct Misunderstandings {
    /// So many connections are remembered; of those before, the next message is answered again.
    private static let mostPeers = 1_024
    private var told: Set<Peer> = []
    private var order: [Peer] = []
    private var throttle = LogThrottle()

    /// - Returns: whether the sender is to be told.
    mutating func note(_ reason: String, of peer: Peer, _ logger: Logger) -> Bool {
        guard told.insert(peer).inserted else { return false }
        order.append(peer)
        if order.count > Self.mostPeers { told.remove(order.removeFirst()) }
        throttle.write {
            logger.warning(
                "dropped a message from \(peer): \(reason); more like it from there are not reported\($0)")
        }
        return true
    }
}
