import CZeroMQ
import Logging

struct DealerSettings: Sendable {
    let endpoint: Endpoint
    let limits: FrameLimits
    let timing: ConnectionTiming
    let keys: ClientKeys?
    let logger: Logger
}

/// A client's socket, on the loop's thread.
///
/// One socket serves one connection: ZeroMQ itself connects again in some states of failure and gives up in others,
/// and leaves messages of the old connection in the queues. So each end of a connection is also the end of its
/// socket.
final class Dealer {
    private let settings: DealerSettings
    private let loop: EventLoop
    private var context: Context?
    private var handler: Client.Handler?
    private var connection: MonitoredSocket?
    private var watches: [WatchID] = []
    private var isConnected = false
    private var pause: Duration
    private var retry: LoopTimer?
    private var dropLog = LogThrottle()

    init(_ settings: DealerSettings, on loop: EventLoop, _ handler: @escaping Client.Handler) throws {
        (self.settings, self.loop, self.handler) = (settings, loop, handler)
        pause = settings.timing.reconnectFirst
        let context = try Context()
        self.context = context
        try open(in: context)
    }

    private func open(in context: Context) throws {
        let socket = try Socket(.dealer, in: context)
        try socket.configure(settings.limits, settings.timing)
        try socket.set(ZMQ_RCVHWM, settings.limits.queuedMessages)
        // Without a connection there is no queue: a message waits for the one that stands, or is refused.
        try socket.set(ZMQ_IMMEDIATE, 1)
        try socket.set(ZMQ_RECONNECT_IVL, settings.timing.reconnectFirst.milliseconds)
        try socket.set(ZMQ_RECONNECT_IVL_MAX, settings.timing.reconnectLongest.milliseconds)
        if settings.endpoint.isIPv6 { try socket.set(ZMQ_IPV6, 1) }
        if let keys = settings.keys { try socket.secure(keys) }
        let connection = try MonitoredSocket(socket, in: context)
        guard zmq_connect(connection.socket.handle, settings.endpoint.description) == 0 else {
            throw SocketFailure.last("cannot connect to \(settings.endpoint)")
        }
        // In this order: a connection is announced before its first message.
        watches = [
            loop.watch(connection.reports) { [unowned self] in follow() },
            loop.watch(connection.socket) { [unowned self] in receive(atMost: 64) },
        ]
        self.connection = connection
    }

    func send(_ frames: Frames) -> SendOutcome {
        guard settings.limits.allow(frames) else { return .tooLarge }
        guard isConnected else { return .gone }
        return connection?.socket.send([frames.header] + frames.payload) ?? .gone
    }

    private func follow() {
        while let event = connection?.nextEvent() {
            switch event {
            case .ready:
                isConnected = true
                pause = settings.timing.reconnectFirst
                handler?(.connected)
            case .disconnected: lose()
            case .handshakeFailed(let reason): lose(refusal: reason)
            case .listening, .accepted, .acceptFailed: break
            }
        }
    }

    /// Ends this connection, reads what it still has to deliver, and begins the next one after a pause.
    private func lose(refusal: String? = nil) {
        let wasConnected = isConnected
        if wasConnected { receive(atMost: settings.limits.queuedMessages * 2) }
        hangUp()
        retry = loop.afterHere(pause * Double.random(in: 0.75...1.25)) { [weak self] in self?.reopen() }
        pause = min(pause * 2, max(pause, settings.timing.reconnectLongest))
        if wasConnected {
            handler?(.disconnected)
        } else if let refusal {
            handler?(.refused(reason: refusal))
        }
    }

    private func reopen() {
        guard let context, connection == nil else { return }
        do {
            try open(in: context)
        } catch {
            settings.logger.error("\(error)")
            retry = loop.afterHere(settings.timing.reconnectLongest) { [weak self] in self?.reopen() }
        }
    }

    private func receive(atMost count: Int) {
        for _ in 0..<count {
            guard let reception = connection?.socket.receive(routed: false, limits: settings.limits) else { return }
            switch reception.content {
            case .success(let frames): handler?(.received(frames))
            case .failure(let refusal):
                dropLog.write {
                    settings.logger.warning("dropped a message of \(settings.endpoint): \(refusal.reason)\($0)")
                }
            }
        }
    }

    private func hangUp(linger: Duration = .zero) {
        isConnected = false
        guard let connection = connection.take() else { return }
        for watch in watches { loop.unwatch(watch) }
        try? connection.socket.set(ZMQ_LINGER, linger.milliseconds)
    }

    func close(linger: Duration) {
        handler = nil
        retry?.cancel()
        hangUp(linger: linger)
        context = nil
    }
}

extension Socket {
    /// Makes it the client's end of CURVE.
    fileprivate func secure(_ keys: ClientKeys) throws {
        try keys.serverKey.bytes.withUnsafeBytes { try set(ZMQ_CURVE_SERVERKEY, $0) }
        try keys.pair.publicKey.bytes.withUnsafeBytes { try set(ZMQ_CURVE_PUBLICKEY, $0) }
        try keys.pair.secretKey.withBytes { try set(ZMQ_CURVE_SECRETKEY, $0) }
    }
}
