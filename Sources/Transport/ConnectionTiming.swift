/// When a silent connection is given up and a lost one is tried again.
public struct ConnectionTiming: Sendable, Equatable {
    /// How long a new connection may take to introduce itself.
    public var handshake: Duration = .seconds(10)
    /// How often ZeroMQ's own thread asks a silent peer's ZeroMQ whether it is there.
    public var heartbeatInterval: Duration = .seconds(5)
    /// Without any answer for so long the connection is closed. It says that the host or the network is gone; whether
    /// the program does its work is for the program's own messages to say.
    public var heartbeatTimeout: Duration = .seconds(30)
    /// A client's first and longest pause between attempts.
    public var reconnectFirst: Duration = .milliseconds(100)
    public var reconnectLongest: Duration = .seconds(3)

    public init() {}
}
