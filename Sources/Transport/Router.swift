import CZeroMQ
import Logging

struct RouterSettings: Sendable {
    let endpoint: Endpoint
    let limits: FrameLimits
    let timing: ConnectionTiming
    let keys: ServerKeys?
    let logger: Logger
}

/// A server's socket, on the loop's thread.
final class Router {
    let boundEndpoint: Endpoint
    private(set) var dropped = 0
    private let limits: FrameLimits
    private let loop: EventLoop
    private let logger: Logger
    private let allowList: AllowList?
    private var authenticator: Authenticator?
    private var handler: Server.Handler?
    private var listener: MonitoredSocket?
    private var connections: ConnectionWatch?
    private var watches: [WatchID] = []
    private var dropLog = LogThrottle()

    init(_ settings: RouterSettings, on loop: EventLoop, _ handler: @escaping Server.Handler) throws {
        (limits, self.loop, logger, self.handler) = (settings.limits, loop, settings.logger, handler)
        let context = try Context()
        allowList = settings.keys.map { AllowList(path: $0.allowListPath, logger: settings.logger) }
        // Before the first connection: where nobody answers for it, ZeroMQ lets every key in.
        let authenticator = try Authenticator(allowList, in: context, logger: settings.logger)
        let socket = try Socket(.router, in: context)
        try socket.configure(settings.limits, settings.timing)
        // Without a bound of ZeroMQ's own: where a queue is full and its connection breaks, libzmq 4.3 aborts the process
        // at the next heartbeat that the peer had sent (stream_engine_base.cpp, `out_event`). `ConnectionWatch` bounds it.
        try socket.set(ZMQ_RCVHWM, 0)
        // A message to a peer that has gone is told of. A routing id that is taken stays with its owner: clients
        // leave theirs to ZeroMQ, so a second one with the same is a mistake or an impostor.
        try socket.set(ZMQ_ROUTER_MANDATORY, 1)
        // Thousands of workers may call at once. Who finds the system's queue full is heard of only seconds later.
        try socket.set(ZMQ_BACKLOG, 16_384)
        try socket.secure(settings.keys)
        let listener = try MonitoredSocket(socket, in: context)
        boundEndpoint = try listener.socket.bind(settings.endpoint)
        watches = [
            authenticator.start(on: loop),
            loop.watch(listener.socket) { [unowned self] in receive() },
        ]
        connections = ConnectionWatch(listener, at: boundEndpoint, settings.limits, settings.logger)
        self.listener = listener
        self.authenticator = authenticator
    }

    func send(_ frames: Frames, to peer: Peer) -> SendOutcome {
        guard limits.allow(frames) else { return .tooLarge }
        // A connection outlives the key that it was made with; nothing more goes over it.
        if let allowList, peer.key.flatMap(allowList.name(ofKey:)) == nil { return .gone }
        return listener?.socket.send([peer.route, frames.header] + frames.payload) ?? .gone
    }

    /// Takes a bounded number of messages, so that closures and the clock have their turn under any load.
    private func receive() {
        for _ in 0..<64 {
            guard let reception = listener?.socket.receive(routed: true, limits: limits) else { return }
            let isHeard = connections?.note(reception.origin) ?? true
            switch reception.content {
            case .success(let frames):
                let origin = reception.origin
                let name = origin.key.flatMap { allowList?.name(ofKey: $0) }
                let peer = Peer(route: origin.route, address: origin.address, key: origin.key, keyName: name)
                if allowList != nil && name == nil {
                    drop(of: peer, "its key is no longer allowed")
                } else if isHeard {
                    handler?(frames, peer)
                } else {
                    drop(of: peer, "it says more than \(limits.messagesPerSecond) messages a second")
                }
            case .failure(let refusal):
                drop(of: Peer(route: reception.origin.route, address: reception.origin.address), refusal.reason)
            }
        }
    }

    private func drop(of peer: Peer, _ reason: String) {
        dropped += 1
        dropLog.write { logger.warning("dropped a message of \(peer): \(reason)\($0)") }
    }

    func close(linger: Duration) {
        for watch in watches { loop.unwatch(watch) }
        watches = []
        handler = nil
        defer { authenticator = nil }
        guard let listener = listener.take() else { return }
        connections?.stop()
        connections = nil
        try? listener.socket.set(ZMQ_LINGER, linger.milliseconds)
    }
}

extension Socket {
    /// Makes it the server's end of CURVE, or without keys of none, both with ZeroMQ asking the authenticator.
    fileprivate func secure(_ keys: ServerKeys?) throws {
        try "clients".withCString { try set(ZMQ_ZAP_DOMAIN, UnsafeRawBufferPointer(start: $0, count: 7)) }
        guard let keys else { return }
        try set(ZMQ_CURVE_SERVER, 1)
        try keys.pair.secretKey.withBytes { try set(ZMQ_CURVE_SECRETKEY, $0) }
    }

    /// Listens, and tells on what.
    func bind(_ endpoint: Endpoint) throws -> Endpoint {
        if endpoint.isIPv6 { try set(ZMQ_IPV6, 1) }
        guard zmq_bind(handle, endpoint.description) == 0 else { throw bindFailure(endpoint, zmq_errno()) }
        return try Endpoint(lastEndpoint())
    }
}

private func bindFailure(_ endpoint: Endpoint, _ code: Int32) -> TransportError {
    let remedy =
        switch code {
        case EADDRINUSE:
            "stop the program that has the port (ss -ltnp shows it), choose another port, or 0 to have one picked"
        case EACCES: "choose a port from 1024 upwards"
        case EADDRNOTAVAIL, ENODEV: "give an address of this machine (ip addr lists them), or * for all of them"
        default: "choose another address or port"
        }
    return TransportError("cannot listen on \(endpoint)", SocketFailure.text(code), remedy: remedy)
}
