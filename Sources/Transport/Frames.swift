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
/// another limit is dropped. (ZeroMQ itself holds an unfinished message's frames without a limit on their number:
/// only peers with an allowed key, or on this machine, should reach a server.)
public struct FrameLimits: Sendable, Equatable {
    public var headerBytes: Int
    public var frameBytes: Int
    public var payloadFrames: Int
    /// Messages that may wait in one direction of one connection.
    public var queuedMessages: Int

    /// 256 KiB of header, 16 payload frames of at most 4 MiB, 64 messages waiting each way.
    public static let standard = FrameLimits()

    public init(
        headerBytes: Int = 256 << 10, frameBytes: Int = 4 << 20, payloadFrames: Int = 16, queuedMessages: Int = 64
    ) {
        self.headerBytes = max(0, headerBytes)
        self.frameBytes = min(max(self.headerBytes, frameBytes), 1 << 40)
        self.payloadFrames = max(0, payloadFrames)
        self.queuedMessages = min(max(1, queuedMessages), Int(Int32.max))
    }

    func allow(_ frames: Frames) -> Bool {
        frames.header.count <= headerBytes && frames.payload.count <= payloadFrames
            && frames.payload.allSatisfy { $0.count <= frameBytes }
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
