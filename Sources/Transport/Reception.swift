import CZeroMQ

/// A message that a socket had waiting, or what is left of one that broke a limit.
struct Reception {
    let content: Result<Frames, Refusal>
    let origin: Origin

    struct Refusal: Error { let reason: String }

    /// Where a message came from.
    struct Origin {
        var route: [UInt8] = []
        var key: String?
        var address: String?
        /// The connection's descriptor; -1 where it is not known.
        var descriptor: Int32 = -1
        /// All frames' bytes, with what ZeroMQ puts around them at most.
        var bytesOnTheWire = 0
    }
}

extension Socket {
    /// Takes the next message, or nil if none waits.
    /// - Parameter routed: whether the first frame is the sender's routing id, as a ROUTER puts it.
    func receive(routed: Bool, limits: FrameLimits) -> Reception? {
        var assembly = Assembly(routed: routed, limits: limits)
        var message = zmq_msg_t()
        zmq_msg_init(&message)
        defer { zmq_msg_close(&message) }
        repeat {
            while zmq_msg_recv(&message, handle, ZMQ_DONTWAIT) < 0 {
                guard zmq_errno() == EINTR else { return nil }
            }
            assembly.take(&message)
        } while zmq_msg_more(&message) != 0
        return assembly.reception()
    }

    /// Takes the next message as plain frames, for ZeroMQ's own services inside this process.
    func receiveParts() -> [[UInt8]]? {
        guard case .success(let frames)? = receive(routed: false, limits: .standard)?.content else { return nil }
        return [frames.header] + frames.payload
    }
}

/// A message under way, frame by frame. A frame is copied once, out of ZeroMQ's memory. Of a message that breaks a limit
/// nothing is kept, and what is left of it is thrown away as it comes.
private struct Assembly {
    private let limits: FrameLimits
    private var awaitsRoute: Bool
    private var origin = Reception.Origin()
    private var header: [UInt8]?
    private var payload: [[UInt8]] = []
    private var total = 0
    private var refusal: Reception.Refusal?

    init(routed: Bool, limits: FrameLimits) { (awaitsRoute, self.limits) = (routed, limits) }

    mutating func take(_ message: inout zmq_msg_t) {
        if awaitsRoute {
            awaitsRoute = false
            origin.route = bytes(&message)
            return
        }
        let size = zmq_msg_size(&message)
        // A frame's head takes 9 bytes at most, encryption adds 33.
        origin.bytesOnTheWire += size + 48
        if header == nil, refusal == nil {
            origin.key = property("User-Id", of: &message)
            origin.address = property("Peer-Address", of: &message)
            origin.descriptor = zmq_msg_get(&message, ZMQ_SRCFD)
        }
        guard refusal == nil else { return }
        total += size
        if let reason = violation(size) {
            refusal = Reception.Refusal(reason: reason)
            (header, payload) = (nil, [])
        } else if header == nil {
            header = bytes(&message)
        } else {
            payload.append(bytes(&message))
        }
    }

    /// What is wrong with a further frame of that size.
    private func violation(_ size: Int) -> String? {
        if header == nil {
            return size > limits.headerBytes ? "a header of \(size) bytes, over \(limits.headerBytes)" : nil
        }
        if payload.count == limits.payloadFrames { return "more than \(limits.payloadFrames) payload frames" }
        if size > limits.frameBytes { return "a frame of \(size) bytes, over \(limits.frameBytes)" }
        return total > limits.messageBytes ? "a message of \(total) bytes or more, over \(limits.messageBytes)" : nil
    }

    func reception() -> Reception {
        let content: Result<Frames, Reception.Refusal> =
            if let refusal {
                .failure(refusal)
            } else if let header {
                .success(Frames(header: header, payload: payload))
            } else {
                .failure(Reception.Refusal(reason: "no header"))
            }
        return Reception(content: content, origin: origin)
    }

    private func bytes(_ message: inout zmq_msg_t) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message)))
    }

    private func property(_ name: String, of message: inout zmq_msg_t) -> String? {
        zmq_msg_gets(&message, name).map { String(cString: $0) }
    }
}
