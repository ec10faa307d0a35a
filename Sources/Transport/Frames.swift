/// One message: a small header, and raw payload frames behind it.
public struct Frames: Sendable, Equatable {
    public var header: [UInt8]
    public var payload: [[UInt8]]

    public init(header: [UInt8], payload: [[UInt8]] = []) {
        (self.header, self.payload) = (header, payload)
    }
}

/// The bounds of everything that a peer can make this side hold. Both sides of a connection should use the same.
///
/// A frame well over `frameBytes` ends the connection that it came by, before memory is taken for it. A message over
/// another limit is dropped, and nothing of it is kept. ZeroMQ itself holds a message's frames until the last of them has
/// come, however many; so a server ends a connection over which more than `unreadBytes` came that it was not handed yet.
public struct FrameLimits: Sendable, Equatable {
    /// Of the first frame.
    public var headerBytes: Int
    /// Of each frame of payload.
    public var frameBytes: Int
    /// Frames behind the header.
    public var payloadFrames: Int
    /// Of a message's frames together.
    public var messageBytes: Int
    /// Messages that may wait in one direction of one connection. A server receives without this bound, but within
    /// `unreadBytes` and `messagesPerSecond`.
    public var queuedMessages: Int
    /// What a client says beyond so many messages a second is dropped.
    public var messagesPerSecond = 4_096

    /// 256 KiB of header, 16 payload frames of at most 4 MiB, 64 messages waiting each way.
    public static let standard = FrameLimits()

    /// - Parameter messageBytes: nil for as much as the frames may have.
    public init(
        headerBytes: Int = 256 << 10, frameBytes: Int = 4 << 20, payloadFrames: Int = 16, messageBytes: Int? = nil,
        queuedMessages: Int = 64
    ) {
        self.headerBytes = min(max(0, headerBytes), 1 << 40)
        self.frameBytes = min(max(self.headerBytes, frameBytes), 1 << 40)
        self.payloadFrames = min(max(0, payloadFrames), 1 << 16)
        let most = self.headerBytes + self.payloadFrames * self.frameBytes
        self.messageBytes = min(max(0, messageBytes ?? most), most)
        self.queuedMessages = min(max(1, queuedMessages), Int(Int32.max))
    }

    /// What may have come over one connection and not be handed out yet: one message, and what the network's buffers and
    /// several small ones take.
    var unreadBytes: Int { messageBytes + (32 << 20) }
    /// The same for all connections of a server together.
    var unreadBytesInAll: Int { 4 * unreadBytes }

    func allow(_ frames: Frames) -> Bool {
        frames.header.count <= headerBytes && frames.payload.count <= payloadFrames
            && frames.payload.allSatisfy { $0.count <= frameBytes }
            && frames.payload.reduce(frames.header.count) { $0 + $1.count } <= messageBytes
    }
}

/// What became of a message that was to be sent. `sent` means queued for the peer, not that it has arrived.
public enum SendOutcome: Sendable, Equatable {
    case sent
    /// The peer's queue is full: it reads too slowly, or its host is silent. Nothing was queued; try again later.
    case full
    /// There is no connection to the peer. It will never have this message.
    case gone
    /// Over a limit of `FrameLimits`: the peer would end the connection.
    case tooLarge
}
