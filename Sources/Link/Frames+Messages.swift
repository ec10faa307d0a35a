import Cluster
import Transport

/// The protocol's messages as the transport's frames.
extension Frames {
    /// - Throws: `WireError` for a message over the protocol's limits.
    public init(_ message: some Encodable, payload: [UInt8] = []) throws {
        let frames = try Wire.encode(message, payload: payload)
        self.init(header: frames[0], payload: Array(frames[1...]))
    }

    /// The message and its payload.
    /// - Throws: `WireError` for frames that are no such message.
    public func message<Message: WireMessage>(as type: Message.Type) throws -> (message: Message, payload: [UInt8]) {
        try Wire.decode([header] + payload, as: type)
    }

    /// The `hello` of a worker of another release, of which only the version is read; nil for anything else.
    var foreignGreeting: WorkerMessage? { Wire.foreignGreeting([header] + payload) }
}

extension FrameLimits {
    /// What the protocol's messages need, for both sides: no more than `Wire` would understand. At most the chunks of
    /// a window and a few short messages wait.
    public static let cluster = FrameLimits(
        headerBytes: Wire.longestHeader, frameBytes: Wire.longestPayload, payloadFrames: Wire.frameCount - 1,
        messageBytes: Wire.longestMessage, queuedMessages: 64)
}
