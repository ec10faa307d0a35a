import Foundation
import Logging
import Transport

/// A server, its loop, and what it has heard.
struct Listener {
    struct Message: Sendable {
        let frames: Frames
        let peer: Peer
    }

    let heard = Heard<Message>()
    let loop: EventLoop
    let server: Server

    init(
        on endpoint: String = "tcp://127.0.0.1:0", security: ServerSecurity = .loopbackOnly,
        limits: FrameLimits = .standard, timing: ConnectionTiming = .quick
    ) throws {
        loop = try EventLoop(name: "test-server")
        server = try Server(
            bind: Endpoint(endpoint), security: security, limits: limits, timing: timing, logger: .silent, on: loop
        ) { [heard] in heard.add(Message(frames: $0, peer: $1)) }
    }

    func send(_ frames: Frames, to peer: Peer) throws -> SendOutcome {
        try loop.sync { [server] in server.send(frames, to: peer) }
    }
}

/// A client, its loop, and what it has heard.
struct Caller {
    let heard = Heard<ClientEvent>()
    let loop: EventLoop
    let client: Client

    init(
        to endpoint: Endpoint, keys: ClientKeys? = nil, limits: FrameLimits = .standard,
        timing: ConnectionTiming = .quick
    ) throws {
        loop = try EventLoop(name: "test-client")
        client = try Client(
            connect: endpoint, keys: keys, limits: limits, timing: timing, logger: .silent, on: loop
        ) { [heard] in heard.add($0) }
    }

    func send(_ frames: Frames) throws -> SendOutcome { try loop.sync { [client] in client.send(frames) } }

    /// What refuses it; throws if a connection comes about instead.
    func refused() async throws -> String {
        guard case .refused(let reason) = try await heard.next() else { throw NothingHeard() }
        return reason
    }

    func connected() async throws { try await heard.first { $0 == .connected } }

    func received() async throws -> Frames {
        while true {
            if case .received(let frames) = try await heard.next() { return frames }
        }
    }
}

extension ConnectionTiming {
    /// Short pauses, so that tests do not wait.
    static var quick: ConnectionTiming {
        var timing = ConnectionTiming()
        timing.reconnectFirst = .milliseconds(10)
        timing.reconnectLongest = .milliseconds(40)
        return timing
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() } }
}

extension Frames {
    init(_ text: String, _ payload: [UInt8]...) { self.init(header: Array(text.utf8), payload: payload) }
    var text: String { String(decoding: header, as: UTF8.self) }
}
