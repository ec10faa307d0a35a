import Logging

/// The side that listens: clients connect to it, send it messages, and are answered.
///
/// Everything happens on the thread of the event loop: the handler is called there, and `send` may be called only
/// there (from another thread: `loop.perform { ... }`). A peer that is slow, silent or gone never holds up the
/// others: its queue has a bound, and a message that does not fit is refused with `SendOutcome.full`.
///
/// Most simply its owner is an actor that has the loop as its executor and makes it in one of its methods; nothing is
/// heard before that method pauses or ends:
///
///     actor Echo {
///         nonisolated let loop: EventLoop
///         nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
///         private var server: Server?
///
///         func start() throws -> Endpoint {
///             let server = try Server(bind: Endpoint("tcp://127.0.0.1:0"), on: loop) { [weak self] frames, peer in
///                 self?.assumeIsolated { $0.answer(frames, peer) }
///             }
///             self.server = server
///             return server.boundEndpoint
///         }
///
///         private func answer(_ frames: Frames, _ peer: Peer) {
///             _ = server?.send(frames, to: peer)
///         }
///     }
///
/// Clients get a new identity, a new `Peer`, with every connection. The network does not report that a peer has
/// left: a peer that must be known to be alive has to send heartbeats.
public final class Server: Sendable {
    /// Is called on the loop's thread with each message and the peer that it came from.
    public typealias Handler = @Sendable (_ frames: Frames, _ from: Peer) -> Void

    /// What is listened on, with the port that was picked: `tcp://127.0.0.1:41234`.
    public let boundEndpoint: Endpoint
    public let loop: EventLoop
    private let router: LoopConfined<Router>

    /// Begins to listen. Called on another thread than the loop's, this may return after the handler's first call.
    /// - Parameters:
    ///   - endpoint: port 0 picks a free one.
    ///   - security: what `BindPolicy` lets be listened on, and who is let in.
    ///   - handler: called on the loop's thread, held until `close()`.
    /// - Throws: `TransportError` if the port is taken, the host unknown, or the policy broken.
    public init(
        bind endpoint: Endpoint, security: ServerSecurity = .loopbackOnly, limits: FrameLimits = .standard,
        timing: ConnectionTiming = ConnectionTiming(), logger: Logger = Logger(label: "transport"), on loop: EventLoop,
        handler: @escaping Handler
    ) throws {
        let resolved = try endpoint.bindable()
        try security.check(resolved)
        let settings = RouterSettings(
            endpoint: resolved, limits: limits, timing: timing, keys: security.serverKeys, logger: logger)
        self.loop = loop
        (router, boundEndpoint) = try loop.sync {
            let router = try Router(settings, on: loop, handler)
            return (LoopConfined(router, to: loop), router.boundEndpoint)
        }
    }

    deinit {
        let router = router
        loop.perform { router.use { $0.close(linger: .zero) } }
    }

    /// Queues a message for a peer; never blocks.
    /// - Precondition: on the loop's thread.
    public func send(_ frames: Frames, to peer: Peer) -> SendOutcome { router.use { $0.send(frames, to: peer) } }

    /// Messages that were dropped: they broke a limit, or their sender's key had been revoked.
    /// - Precondition: on the loop's thread.
    public var droppedMessages: Int { router.use(\.dropped) }

    /// Stops listening and lets go of the handler. Waits, at most for `linger`, until what was sent has left.
    public func close(linger: Duration = .seconds(1)) {
        let router = router
        try? loop.sync { router.use { $0.close(linger: linger) } }
    }
}
