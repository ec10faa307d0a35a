import CZeroMQ

/// A large part of a message, sent from where it lies: ZeroMQ reads it there until it has left, on a thread of its own.
final class LentBytes {
    /// Bytes from which lending is cheaper than ZeroMQ's own copy.
    static let worthwhile = 1 << 16

    // Held and never changed: whoever changes an array that somebody else holds changes a copy, and these bytes stay.
    private let bytes: [UInt8]

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Makes a message of the bytes, which live until it is closed or has left.
    static func lend(_ bytes: [UInt8], to message: inout zmq_msg_t) {
        let held = Unmanaged.passRetained(LentBytes(bytes))
        bytes.withUnsafeBytes { place in
            let start = UnsafeMutableRawPointer(mutating: place.baseAddress)
            let giveBack: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Void = { _, held in
                if let held { Unmanaged<LentBytes>.fromOpaque(held).release() }
            }
            // It fails for want of a few bytes of memory only; then the message is an empty one.
            if zmq_msg_init_data(&message, start, place.count, giveBack, held.toOpaque()) != 0 {
                held.release()
                zmq_msg_init(&message)
            }
        }
    }
}
