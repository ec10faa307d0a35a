import CZeroMQ

/// ZeroMQ's own I/O thread and what belongs to it. Lives as long as its last socket.
///
/// Its end waits for messages still on their way out, at most as long as its sockets linger.
final class Context: @unchecked Sendable {
    let handle: UnsafeMutableRawPointer

    init() throws {
        guard let handle = zmq_ctx_new() else { throw SocketFailure.last("a ZeroMQ context") }
        self.handle = handle
    }

    deinit {
        while zmq_ctx_term(handle) != 0 && zmq_errno() == EINTR {}
    }
}

enum SocketFailure {
    /// The error that ZeroMQ tells of, right after the call that failed.
    static func last(_ subject: String) -> TransportError {
        TransportError(subject, text(zmq_errno()), remedy: "check the limits of open files and of memory (ulimit -a)")
    }

    static func text(_ code: Int32) -> String {
        zmq_strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}
