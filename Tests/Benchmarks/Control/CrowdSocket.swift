import CZeroMQ
import Foundation

/// The keys of workers that all use the same.
struct CrowdKeys {
    let server: [UInt8]
    let client: [UInt8]
    let secret: [UInt8]

    /// Reads `coordinator.pub`, `worker.pub` and `worker.key`.
    init(directory: String) throws {
        func key(_ file: String) throws -> [UInt8] {
            let words = try String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8).split(separator: " ")
            let digits = words.count > 1 ? Array(words[1].utf8.prefix(64)) : []
            guard digits.count == 64 else { throw ControlError("\(directory)/\(file) holds no key") }
            return stride(from: 0, to: 64, by: 2).map {
                UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) ?? 0
            }
        }
        (server, client, secret) = (try key("coordinator.pub"), try key("worker.pub"), try key("worker.key"))
    }
}

/// One worker's connection. All of a process share one context of ZeroMQ, and so its thread: the transport of real workers has one each.
final class CrowdSocket {
    /// Becomes readable when something may have changed.
    let descriptor: Int32
    private let handle: UnsafeMutableRawPointer

    init(in context: UnsafeMutableRawPointer, to endpoint: String, keys: CrowdKeys?) throws {
        guard let handle = zmq_socket(context, ZMQ_DEALER) else { throw ControlError.ofZeroMQ("a socket") }
        self.handle = handle
        // What is said while there is no connection is lost, as real workers lose it.
        for (option, value) in [
            (ZMQ_LINGER, 0), (ZMQ_IMMEDIATE, 1), (ZMQ_SNDHWM, 64), (ZMQ_RCVHWM, 64), (ZMQ_RECONNECT_IVL, 100),
            (ZMQ_RECONNECT_IVL_MAX, 1_000),
        ] {
            var value = Int32(value)
            zmq_setsockopt(handle, option, &value, MemoryLayout<Int32>.size)
        }
        if let keys {
            for (option, key) in [
                (ZMQ_CURVE_SERVERKEY, keys.server), (ZMQ_CURVE_PUBLICKEY, keys.client),
                (ZMQ_CURVE_SECRETKEY, keys.secret),
            ] where zmq_setsockopt(handle, option, key, key.count) != 0 { throw ControlError.ofZeroMQ("keys") }
        }
        guard zmq_connect(handle, endpoint) == 0 else { throw ControlError.ofZeroMQ(endpoint) }
        var (found, size) = (Int32(-1), MemoryLayout<Int32>.size)
        zmq_getsockopt(handle, ZMQ_FD, &found, &size)
        descriptor = found
    }

    /// Whether something can be sent.
    var isConnected: Bool {
        var (events, size) = (Int32(0), MemoryLayout<Int32>.size)
        return zmq_getsockopt(handle, ZMQ_EVENTS, &events, &size) == 0 && events & ZMQ_POLLOUT != 0
    }

    func send(_ parts: [[UInt8]]) {
        for (place, part) in parts.enumerated() {
            let flags = ZMQ_DONTWAIT | (place + 1 < parts.count ? ZMQ_SNDMORE : 0)
            if zmq_send(handle, part, part.count, flags) < 0 { return }
        }
    }

    /// The next message; nil where none waits.
    func receive() -> [[UInt8]]? {
        var parts: [[UInt8]] = []
        var message = zmq_msg_t()
        zmq_msg_init(&message)
        defer { zmq_msg_close(&message) }
        repeat {
            guard zmq_msg_recv(&message, handle, ZMQ_DONTWAIT) >= 0 else { return nil }
            parts.append(
                Array(UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))))
        } while zmq_msg_more(&message) != 0
        return parts
    }
}

/// Why something cannot be measured.
struct ControlError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    static func ofZeroMQ(_ subject: String) -> ControlError {
        ControlError("\(subject): \(zmq_strerror(zmq_errno()).map { String(cString: $0) } ?? "no reason")")
    }
}
