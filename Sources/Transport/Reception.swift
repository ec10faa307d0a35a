import CZeroMQ

/// What a socket had waiting.
enum Reception {
    case message(Frames, route: [UInt8], key: String?, address: String?)
    /// A whole message that broke a limit, already thrown away.
    case dropped(reason: String, route: [UInt8], address: String?)
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
        guard case .message(let frames, _, _, _)? = receive(routed: false, limits: .standard) else { return nil }
        return [frames.header] + frames.payload
    }
}

/// A message under way, frame by frame. A frame is copied once, out of ZeroMQ's memory.
private struct Assembly {
    private let limits: FrameLimits
    private var awaitsRoute: Bool
    private var route: [UInt8] = []
    private var header: [UInt8]?
    private var payload: [[UInt8]] = []
    private var violation: String?
    private var key: String?
    private var address: String?

    init(routed: Bool, limits: FrameLimits) { (awaitsRoute, self.limits) = (routed, limits) }

    mutating func take(_ message: inout zmq_msg_t) {
        if awaitsRoute {
            awaitsRoute = false
            route = bytes(&message)
        } else if header == nil {
            key = property("User-Id", of: &message)
            address = property("Peer-Address", of: &message)
            let tooLong = zmq_msg_size(&message) > limits.headerBytes
            if tooLong { violation = "a header of \(zmq_msg_size(&message)) bytes, over \(limits.headerBytes)" }
            header = tooLong ? [] : bytes(&message)
        } else if payload.count == limits.payloadFrames {
            violation = "more than \(limits.payloadFrames) payload frames"
            payload = []
        } else if zmq_msg_size(&message) > limits.frameBytes {
            violation = "a frame of \(zmq_msg_size(&message)) bytes, over \(limits.frameBytes)"
        } else if violation == nil {
            payload.append(bytes(&message))
        }
    }

    func reception() -> Reception {
        if let violation { return .dropped(reason: violation, route: route, address: address) }
        guard let header else { return .dropped(reason: "no header", route: route, address: address) }
        return .message(Frames(header: header, payload: payload), route: route, key: key, address: address)
    }

    private func bytes(_ message: inout zmq_msg_t) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message)))
    }

    private func property(_ name: String, of message: inout zmq_msg_t) -> String? {
        zmq_msg_gets(&message, name).map { String(cString: $0) }
    }
}
