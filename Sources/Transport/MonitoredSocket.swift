import CZeroMQ

/// What ZeroMQ's own thread reports of a socket's connections.
enum ConnectionEvent: Equatable {
    /// A listener's descriptor.
    case listening(Int32)
    /// A listener took a connection, with this descriptor.
    case accepted(Int32)
    /// Both sides have introduced themselves, and the keys (if any) are right.
    case ready
    case disconnected(Int32)
    case handshakeFailed(reason: String)
    /// The listener could take no connection, for want of file descriptors.
    case acceptFailed(code: Int32)
}

/// A socket whose connections are reported. The reports may be read on another thread than the socket.
final class MonitoredSocket {
    let socket: Socket
    /// Where the reports arrive, to be watched beside the socket.
    let reports: Socket

    init(_ socket: consuming Socket, in context: Context) throws {
        let address = "inproc://monitor-\(UInt(bitPattern: socket.handle))"
        let events =
            ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
            | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_ACCEPT_FAILED
            | ZMQ_EVENT_LISTENING | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_MONITOR_STOPPED
        let reports = try Socket(.pair, in: context)
        // ZeroMQ's I/O thread would stand still at a full queue of reports.
        try reports.set(ZMQ_RCVHWM, 0)
        guard zmq_socket_monitor(socket.handle, address, Int32(events)) == 0,
            zmq_connect(reports.handle, address) == 0
        else { throw SocketFailure.last("the monitor of a socket") }
        self.socket = socket
        self.reports = reports
    }

    // A report that nobody reads would block, so the reporting ends before either socket does.
    deinit { stopReporting() }

    /// On the socket's thread. It wakes the thread that waits for a report.
    func stopReporting() { zmq_socket_monitor(socket.handle, nil, 0) }

    /// The next event, or nil if none waits.
    func nextEvent() -> ConnectionEvent? {
        // Frame 1: the event in 16 bits and its value in 32, as this machine orders bytes. Frame 2: the endpoint.
        while let parts = reports.receiveParts() {
            guard parts[0].count == 6 else { continue }
            let (kind, value) = parts[0].withUnsafeBytes {
                ($0.loadUnaligned(as: UInt16.self), $0.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
            }
            if let event = ConnectionEvent(kind: kind, value: value) { return event }
        }
        return nil
    }
}

extension ConnectionEvent {
    fileprivate init?(kind: UInt16, value: UInt32) {
        switch Int32(kind) {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: self = .ready
        case ZMQ_EVENT_DISCONNECTED: self = .disconnected(Int32(bitPattern: value))
        case ZMQ_EVENT_LISTENING: self = .listening(Int32(bitPattern: value))
        case ZMQ_EVENT_ACCEPTED: self = .accepted(Int32(bitPattern: value))
        case ZMQ_EVENT_ACCEPT_FAILED: self = .acceptFailed(code: Int32(bitPattern: value))
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            self = .handshakeFailed(reason: "the client's key is not among those that the server allows")
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            // Often all that is seen of a refusal: who refuses hangs up, and may be quicker than its own explanation.
            self = .handshakeFailed(
                reason:
                    "the other side hung up while the connection was being made; does only one side use keys, or has "
                    + "the server another key?")
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: self = .handshakeFailed(reason: protocolFailure(value))
        default: return nil
        }
    }
}

private func protocolFailure(_ code: UInt32) -> String {
    switch Int32(bitPattern: code) {
    case ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH: "one side uses keys and the other does not"
    case ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC, ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE:
        "the keys do not belong together: the server has another key than the client was told"
    default: "the other side does not speak ZeroMQ's protocol (error 0x\(String(code, radix: 16)))"
    }
}
