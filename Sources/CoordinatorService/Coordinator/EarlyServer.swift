import Logging
import Storage
import Transport

/// A server that listens before there is a coordinator. Workers connect while lists are read, and what they say waits until the coordinator
/// can answer.
package final class EarlyServer: Sendable {
    private struct Waiting: Sendable {
        var handler: Server.Handler?
        /// The last of each peer, and when it came: a peer says the same again until it is answered.
        var messages: [Peer: (frames: Frames, at: ContinuousClock.Instant)] = [:]

        /// - Returns: who hears the message; nil where it waits. One that there is no room for is dropped, as any may be lost.
        mutating func take(_ frames: Frames, _ peer: Peer) -> Server.Handler? {
            if let handler { return handler }
            let size = frames.header.count + frames.payload.reduce(0) { $0 + $1.count }
            if size <= mostBytes, messages.count < mostPeers || messages[peer] != nil {
                messages[peer] = (frames, .now)
            }
            return nil
        }
    }

    package let loop: EventLoop
    private let server: Server
    private let waiting: Locked<Waiting>

    /// As many workers as a coordinator takes.
    private static let mostPeers = 1 << 14
    /// No greeting has as many.
    private static let mostBytes = 1 << 12
    private static let longestSilence = Duration.seconds(5)

    /// - Throws: `TransportError` as `Server` does.
    package init(at endpoint: Endpoint, security: ServerSecurity, logger: Logger) throws {
        let waiting = Locked(Waiting())
        let loop = try EventLoop(name: "coordinator")
        server = try Server(bind: endpoint, security: security, limits: .cluster, logger: logger, on: loop) {
            frames, peer in
            waiting.withLock { $0.take(frames, peer) }?(frames, peer)
        }
        (self.loop, self.waiting) = (loop, waiting)
    }

    /// Where it listens.
    package var boundEndpoint: Endpoint { server.boundEndpoint }

    /// What waits for a coordinator.
    package var waitingMessages: [Frames] { waiting.withLock { $0.messages.values.map(\.frames) } }

    /// Has everything heard by a coordinator from now on, and what waited as soon as the caller is done. On the loop's thread.
    package func handOver(to handler: @escaping Server.Handler) -> Server {
        let messages = waiting.withLock { waiting in
            waiting.handler = handler
            defer { waiting.messages = [:] }
            return waiting.messages
        }
        // A worker calls every second. One that has not called for longer has ended, or calls over another connection.
        let oldest = ContinuousClock.now - Self.longestSilence
        // Before it has the server the coordinator cannot answer.
        loop.perform { for (peer, message) in messages where message.at >= oldest { handler(message.frames, peer) } }
        return server
    }
}
