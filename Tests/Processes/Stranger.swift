import Cluster
import Foundation
import Link
import Transport

/// Says one message to a coordinator, as a worker of another release may, and hears what comes back.
public enum Stranger {
    /// - Parameters:
    ///   - message: anything that JSON can hold.
    ///   - times: how often to say it, over one connection.
    /// - Returns: the first answer, or nil if none comes in time.
    public static func say(
        _ message: some Encodable & Sendable, to endpoint: String, keys: ClientKeys? = nil, times: Int = 1,
        atMost seconds: Int = TestTimeout.seconds
    ) throws -> CoordinatorMessage? {
        let frames = try Frames(message)
        let heard = Heard()
        let loop = try EventLoop(name: "stranger")
        let client = try Client(connect: Endpoint(endpoint), keys: keys, limits: .cluster, on: loop) { event in
            switch event {
            case .connected: for _ in 0..<times { heard.speak(frames) }
            case .received(let frames): heard.answer(try? frames.message(as: CoordinatorMessage.self).message)
            case .disconnected, .refused: break
            }
        }
        heard.use(client)
        defer { client.close() }
        return heard.wait(seconds)
    }

    /// The hello of a worker that speaks another version of the protocol.
    public static func hello(version: Int, name: String) -> WorkerMessage {
        .hello(version: version, incarnation: 1, name: name, threads: 1, instructionSet: "avx2")
    }

    private final class Heard: @unchecked Sendable {
        private let lock = NSLock()
        private let answered = DispatchSemaphore(value: 0)
        private var client: Client?
        private var words: Frames?
        private var message: CoordinatorMessage?

        /// The connection may stand before the client is known here.
        func use(_ client: Client) {
            client.loop.perform {
                self.lock.withLock { self.client = client }
                if let words = self.lock.withLock({ self.words }) { _ = client.send(words) }
            }
        }

        func speak(_ frames: Frames) {
            let client = lock.withLock {
                words = frames
                return self.client
            }
            _ = client?.send(frames)
        }

        func answer(_ message: CoordinatorMessage?) {
            guard let message else { return }
            lock.withLock { self.message = self.message ?? message }
            answered.signal()
        }

        func wait(_ seconds: Int) -> CoordinatorMessage? {
            _ = answered.wait(timeout: .now() + .seconds(seconds))
            return lock.withLock {
                client = nil
                return message
            }
        }
    }
}
