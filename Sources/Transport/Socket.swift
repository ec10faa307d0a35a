import CZeroMQ

/// One ZeroMQ socket. Belongs to one thread: the loop's. Closed when it goes out of life.
struct Socket: ~Copyable {
    enum Kind: Int32 {
        case router = 6
        case dealer = 5
        case pair = 0
        case reply = 4
    }

    let handle: UnsafeMutableRawPointer
    private let context: Context

    init(_ kind: Kind, in context: Context) throws {
        guard let handle = zmq_socket(context.handle, kind.rawValue) else { throw SocketFailure.last("a socket") }
        // When the socket is closed, what was not sent is discarded. (This option cannot fail on a new socket.)
        var none: Int32 = 0
        zmq_setsockopt(handle, ZMQ_LINGER, &none, MemoryLayout<Int32>.size)
        self.handle = handle
        self.context = context
    }

    deinit { zmq_close(handle) }

    func set(_ option: Int32, _ value: Int) throws {
        var value = Int32(clamping: value)
        try check(zmq_setsockopt(handle, option, &value, MemoryLayout<Int32>.size), option)
    }

    /// Options that ZeroMQ holds in 64 bits.
    func setWide(_ option: Int32, _ value: Int) throws {
        var value = Int64(value)
        try check(zmq_setsockopt(handle, option, &value, MemoryLayout<Int64>.size), option)
    }

    func set(_ option: Int32, _ value: UnsafeRawBufferPointer) throws {
        try check(zmq_setsockopt(handle, option, value.baseAddress, value.count), option)
    }

    private func check(_ code: Int32, _ option: Int32) throws {
        guard code == 0 else { throw SocketFailure.last("socket option \(option)") }
    }

    /// The endpoint that the last bind gave, such as `tcp://127.0.0.1:41234`.
    func lastEndpoint() throws -> String {
        var text = [UInt8](repeating: 0, count: 256)
        var length = text.count
        try check(zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &length), ZMQ_LAST_ENDPOINT)
        return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// The bounds and timings that both sides share.
    func configure(_ limits: FrameLimits, _ timing: ConnectionTiming) throws {
        // ZeroMQ counts what encryption adds to a frame (33 bytes).
        try setWide(ZMQ_MAXMSGSIZE, limits.frameBytes + 64)
        try set(ZMQ_SNDHWM, limits.queuedMessages)
        try set(ZMQ_HANDSHAKE_IVL, timing.handshake.milliseconds)
        try setKeepalive(timing.silence)
    }

    /// Has TCP close a connection whose other host answers nothing for about so long.
    private func setKeepalive(_ silence: Duration) throws {
        let seconds = max(1, silence.milliseconds / 1000)
        let probes = 3
        try set(ZMQ_TCP_KEEPALIVE, 1)
        // The first probe after half of the time, the others over the rest of it.
        try set(ZMQ_TCP_KEEPALIVE_IDLE, max(1, seconds / 2))
        try set(ZMQ_TCP_KEEPALIVE_INTVL, max(1, (seconds - seconds / 2) / probes))
        try set(ZMQ_TCP_KEEPALIVE_CNT, probes)
        // Probes are not sent while data waits to be acknowledged.
        try set(ZMQ_TCP_MAXRT, max(1, silence.milliseconds))
    }

    /// Queues all parts as one message, or none of them. Never blocks.
    func send(_ parts: [[UInt8]]) -> SendOutcome {
        for (index, part) in parts.enumerated() {
            let flags = ZMQ_DONTWAIT | (index + 1 < parts.count ? ZMQ_SNDMORE : 0)
            // After a failure at any part ZeroMQ has taken the earlier ones back.
            if let failure = queue(part, flags) { return failure }
        }
        return .sent
    }

    /// - Returns: why the part was not queued; nil where it was.
    private func queue(_ part: [UInt8], _ flags: Int32) -> SendOutcome? {
        // ZeroMQ copies the bytes: no pointer into the array is used after the call.
        while part.withUnsafeBytes({ zmq_send(handle, $0.baseAddress, $0.count, flags) }) < 0 {
            guard zmq_errno() == EINTR else { return zmq_errno() == EAGAIN ? .full : .gone }
        }
        return nil
    }
}

extension Duration {
    /// Whole milliseconds, at least 0 and at most three weeks: what ZeroMQ's 32 bits hold.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        guard seconds >= 0 else { return 0 }
        guard seconds < 2_000_000 else { return 2_000_000_000 }
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
