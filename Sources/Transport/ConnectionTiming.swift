/// When a silent connection is given up and a lost one is tried again.
public struct ConnectionTiming: Sendable, Equatable {
    /// How long a new connection may take to introduce itself.
    public var handshake: Duration = .seconds(10)
    /// A connection whose other host answers nothing for so long is closed. TCP finds out, by keepalive probes and by
    /// data that nobody acknowledges. It says that the host or the network is gone; whether the program does its work
    /// is for the program's own messages to say.
    ///
    /// ZeroMQ's own heartbeats are not used: libzmq 4.3 aborts the process when it is to send one over a connection
    /// that broke while its queue of received messages was full (libzmq's issues 3937, 4364 and 4767).
    public var silence: Duration = .seconds(30)
    /// A client's first and longest pause between attempts.
    public var reconnectFirst: Duration = .milliseconds(100)
    public var reconnectLongest: Duration = .seconds(1)

    public init() {}
}
