import CMicroHTTPD
import Foundation
import Storage

/// A small HTTP server that only tells: GET and HEAD, an answer a connection, on a thread of its own.
///
/// Whoever asks is not trusted. So many connections are open at once, the system keeps others waiting; each has a bounded memory and a
/// bounded time, and what it has not taken then is dropped. The thread has a low priority, and works for a tenth of the time at most once
/// it has been busy for long. What is read of a request is its head alone.
///
/// The protocol is libmicrohttpd's, which has these bounds. FlyingFox (0.27), a server in Swift, has not: it takes any number of connections,
/// reads lines of any length, waits for a slow reader without end, and shares its threads with the rest of the program.
public final class StatusServer: Sendable {
    public typealias Handler = @Sendable (HTTPRequest) -> HTTPAnswer

    /// Open at once. A browser takes six.
    static let mostConnections = 96
    /// Of a connection's head and answer in work, in bytes.
    static let connectionMemory = 32 << 10
    /// In the system's hands for a connection, in bytes.
    static let sendBuffer: Int32 = 128 << 10
    /// In seconds.
    static let mostSilence: UInt32 = 5

    /// With the port that was chosen.
    public let address: StatusAddress
    private let state: Locked<ServerState>
    /// The end of a pipe that wakes the thread.
    private let wake: Int32

    /// Begins to listen.
    /// - Parameter handler: answers requests, on the server's thread: it must not wait.
    /// - Throws: `StatusServerError`.
    public init(_ address: StatusAddress, handler: @escaping Handler) throws {
        let socket = try ListeningSocket(address)
        self.address = socket.address
        var pipes: [Int32] = [-1, -1]
        guard pipe(&pipes) == 0 else {
            let code = errno
            close(socket.descriptor)
            throw StatusServerError(
                "\(address)", "cannot be served (\(String(cString: strerror(code))))", remedy: "raise `ulimit -n`",
                code: code)
        }
        for end in pipes { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        wake = pipes[1]
        let state = Locked(ServerState())
        self.state = state
        let descriptor = socket.descriptor
        guard let loop = ServerLoop(descriptor, wake: pipes[0], handler: handler) else {
            for open in [descriptor, pipes[0], pipes[1]] { close(open) }
            throw StatusServerError(
                "\(address)", "cannot be served: the HTTP library does not start", remedy: "raise `ulimit -n`",
                code: ENOMEM)
        }
        let thread = Thread {
            loop.run { state.withLock(\.isStopped) }
            state.withLock { $0.hasEnded = true }
        }
        thread.name = "status"
        thread.start()
    }

    /// Listens no longer, and drops what is open.
    public func stop() {
        state.withLock { state in
            // The thread reads the pipe until it knows that it is stopped.
            var byte: UInt8 = 1
            if !state.isStopped { _ = write(wake, &byte, 1) }
            state.isStopped = true
        }
        let deadline = ContinuousClock.now + .seconds(2)
        while !state.withLock(\.hasEnded), ContinuousClock.now < deadline { usleep(2_000) }
    }

    deinit {
        stop()
        close(wake)
    }

    private struct ServerState: Sendable { var (isStopped, hasEnded) = (false, false) }
}
