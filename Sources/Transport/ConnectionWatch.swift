import CZeroMQ
import Foundation
import Logging

/// Bounds what a server's connections make ZeroMQ hold, and how many of them there are, on a thread of its own.
///
/// ZeroMQ hands a message out when its last frame has come. Until then it holds what came, however much that is. So what TCP
/// says to have come over a connection is compared with what was handed out, and a connection far ahead is ended: ZeroMQ
/// then throws away what it held. It is looked at fifty times a second, so a little more than the limit may come.
final class ConnectionWatch: @unchecked Sendable {
    private struct Connection {
        /// Bytes that came with messages handed out, rounded up.
        var handedOut: UInt64 = 0
        var isEnded = false
    }

    /// A peer's routing id, hashed as a whole and not byte by byte.
    private struct Route: Hashable {
        let bytes: [UInt8]

        func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
    }

    private let listener: MonitoredSocket
    private let endpoint: Endpoint
    private let limits: FrameLimits
    private let logger: Logger
    private let ended = DispatchSemaphore(value: 0)
    // Any thread, under the lock.
    private let lock = NSLock()
    private var open: [Int32: Connection] = [:]
    private var isStopped = false
    // The loop's thread only.
    private var said: [Route: Int] = [:]
    private var second = ContinuousClock.now
    // The watch's thread only.
    private var gate: ListeningGate
    private var log = LogThrottle()
    private var refusalLog = LogThrottle()

    init(_ listener: MonitoredSocket, at endpoint: Endpoint, _ limits: FrameLimits, _ logger: Logger) {
        (self.listener, self.endpoint, self.limits, self.logger) = (listener, endpoint, limits, logger)
        gate = ListeningGate()
        let thread = Thread { [self] in
            watch()
            ended.signal()
        }
        thread.name = "connections"
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Ends the watch, and waits for its thread. On the loop's thread.
    func stop() {
        lock.withLock { isStopped = true }
        listener.stopReporting()
        ended.wait()
    }

    /// A message was handed out, or dropped. On the loop's thread.
    /// - Returns: whether it is to be heard; a peer may say only so many a second.
    func note(_ origin: Reception.Origin) -> Bool {
        lock.withLock { open[origin.descriptor]?.handedOut += UInt64(origin.bytesOnTheWire) }
        if ContinuousClock.now - second >= .seconds(1) {
            said = [:]
            second = .now
        }
        func counted(_ count: inout Int) -> Int {
            count += 1
            return count
        }
        let count = counted(&said[Route(bytes: origin.route), default: 0])
        if count == 2 * limits.messagesPerSecond {
            lock.withLock { end(origin.descriptor) }
        }
        return count <= limits.messagesPerSecond
    }

    private func watch() {
        var items = [zmq_pollitem_t(socket: listener.reports.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)]
        while !lock.withLock({ isStopped }) {
            let count = lock.withLock { open.count }
            // A look at a thousand connections takes a millisecond.
            zmq_poll(&items, 1, count == 0 ? -1 : max(20, count / 10))
            if lock.withLock({ isStopped }) { return }
            while let event = listener.nextEvent() { follow(event) }
            endExcess()
        }
    }

    private func follow(_ event: ConnectionEvent) {
        switch event {
        case .ready: break
        case .listening(let descriptor): gate.opened(descriptor)
        case .accepted(let descriptor):
            let count = lock.withLock {
                open[descriptor] = Connection()
                return open.count
            }
            guard let most = gate.mostConnections, count > most else { return }
            lock.withLock { end(descriptor) }
            refusalLog.write {
                logger.error(
                    "refused a connection to \(endpoint): \(most) are open, and the limit of open files leaves no room for more; raise the hard limit (ulimit -Hn) and start again\($0)"
                )
            }
        case .disconnected(let descriptor): lock.withLock { open[descriptor] = nil }
        case .handshakeFailed(let reason):
            refusalLog.write { logger.warning("refused a connection to \(endpoint): \(reason)\($0)") }
        case .acceptFailed(let code):
            guard code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM else { return }
            gate.turnAway()
            refusalLog.write {
                logger.error(
                    "cannot take a connection to \(endpoint): \(SocketFailure.text(code)); raise the limits of open files (ulimit -Hn) and memory\($0)"
                )
            }
        }
    }

    private func endExcess() {
        let excess = lock.withLock { () -> [(descriptor: Int32, bytes: UInt64)] in
            var unread: [(descriptor: Int32, bytes: UInt64)] = []
            for (descriptor, connection) in open where !connection.isEnded {
                guard let came = bytesReceived(descriptor) else { continue }
                if connection.handedOut >= came {
                    open[descriptor]?.handedOut = came
                } else {
                    unread.append((descriptor, came - connection.handedOut))
                }
            }
            var total = unread.reduce(0) { $0 &+ $1.bytes }
            unread.sort { $0.bytes > $1.bytes }
            let ends = unread.prefix { connection in
                let isFar = connection.bytes > UInt64(limits.unreadBytes) || total > UInt64(limits.unreadBytesInAll)
                total -= connection.bytes
                return isFar
            }
            for (descriptor, _) in ends { end(descriptor) }
            return Array(ends)
        }
        for (_, bytes) in excess {
            log.write {
                logger.warning(
                    "ended a connection to \(endpoint): \(bytes) bytes came over it that are no whole message, or more than one at a time\($0)"
                )
            }
        }
    }

    /// Under the lock. ZeroMQ's thread sees the end as if the peer had broken off. Should it have closed the descriptor a moment
    /// ago and somebody else have it now, that one's connection ends and is made again.
    private func end(_ descriptor: Int32) {
        guard open[descriptor]?.isEnded == false else { return }
        open[descriptor]?.isEnded = true
        // Linux then resets the connection, and throws away what came and was not read. After a mere shutdown whoever sends fast
        // enough would be read for ever.
        var nobody = sockaddr()
        nobody.sa_family = sa_family_t(AF_UNSPEC)
        connect(descriptor, &nobody, socklen_t(MemoryLayout<sockaddr>.size))
    }
}

/// The bytes that came over a TCP connection (Linux's `struct tcp_info`, `tcpi_bytes_received`, from kernel 4.1 on).
private func bytesReceived(_ descriptor: Int32) -> UInt64? {
    let place = 128
    var info = [UInt8](repeating: 0, count: 192)
    var length = socklen_t(info.count)
    guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &length) == 0,
        Int(length) >= place + MemoryLayout<UInt64>.size
    else { return nil }
    return info.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt64.self) }
}
