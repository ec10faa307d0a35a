import Logging

/// What happens on a client's connection.
public enum ClientEvent: Sendable, Equatable {
    /// A connection stands. The server knows nothing yet of this client, and nothing of an earlier connection goes on.
    case connected
    /// The connection has ended. Nothing that came by it follows; what was still waiting to be sent by it is lost.
    /// The client is already trying again.
    case disconnected
    /// Something answered and a connection was refused, for instance over keys. The client tries again after a pause.
    case refused(reason: String)
    case received(Frames)
}

/// The side that connects, and connects again after every failure until it is closed.
///
/// Everything happens on the thread of the event loop: the handler is called there, and `send` may be called only
/// there (from another thread: `loop.perform { ... }`). While nothing listens at the endpoint no event comes: who
/// wants to give up at some time has to count that time.
public final class Client: Sendable {
    /// Is called on the loop's thread with each event of the connection.
    public typealias Handler = @Sendable (ClientEvent) -> Void

    public let endpoint: Endpoint
    public let loop: EventLoop
    private let dealer: LoopConfined<Dealer>

    /// Begins to connect. Called on another thread than the loop's, this may return after the handler's first call.
    /// - Parameters:
    ///   - keys: needed by a server that uses keys, and refused by one that does not.
    ///   - handler: called on the loop's thread, held until `close()`.
    /// - Throws: `TransportError` for an endpoint that cannot be connected to (a name that does not resolve yet is
    /// tried again).
    public init(
        connect endpoint: Endpoint, keys: ClientKeys? = nil, limits: FrameLimits = .standard,
        timing: ConnectionTiming = ConnectionTiming(), logger: Logger = Logger(label: "transport"), on loop: EventLoop,
        handler: @escaping Handler
    ) throws {
        try endpoint.checkConnectable()
        let settings = DealerSettings(
            endpoint: endpoint, limits: limits, timing: timing, keys: keys, logger: logger)
        (self.endpoint, self.loop) = (endpoint, loop)
        dealer = try loop.sync { LoopConfined(try Dealer(settings, on: loop, handler), to: loop) }
    }

    deinit {
        let dealer = dealer
        loop.perform { dealer.use { $0.close(linger: .zero) } }
    }

    /// Queues a message for the server; never blocks. `gone` while there is no connection.
    /// - Precondition: on the loop's thread.
    public func send(_ frames: Frames) -> SendOutcome { dealer.use { $0.send(frames) } }

    /// Ends the connection and lets go of the handler. Waits, at most for `linger`, until what was sent has left.
    public func close(linger: Duration = .seconds(1)) {
        let dealer = dealer
        try? loop.sync { dealer.use { $0.close(linger: linger) } }
    }
}
