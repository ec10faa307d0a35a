import CoordinatorService
import Foundation
import Logging
import Storage
import Testing
import Transport

@Suite struct EarlyServerTests {
    private func frames(_ text: String) -> Frames { Frames(header: Array(text.utf8)) }

    private func wait(until isSo: () -> Bool) {
        let deadline = Date() + 60
        while !isSo(), Date() < deadline { usleep(5_000) }
    }

    /// What is said before somebody hears is heard when somebody does, and can be answered.
    @Test func whatIsSaidEarlyIsHeardLater() throws {
        let early = try EarlyServer(
            at: Endpoint("tcp://127.0.0.1:0"), security: .loopbackOnly, logger: Logger(label: "test"))
        let (heard, answers) = (Locked<[String]>([]), Locked<[String]>([]))
        let loop = try EventLoop()
        let client = try Client(connect: early.boundEndpoint, on: loop) { event in
            guard case .received(let frames) = event else { return }
            answers.withLock { $0.append(String(decoding: frames.header, as: UTF8.self)) }
        }
        wait {
            // Nothing can be sent before there is a connection.
            loop.perform { [early = frames("early")] in _ = client.send(early) }
            return early.waitingMessages > 0
        }
        #expect(early.waitingMessages > 0)
        let server = Locked<Server?>(nil)
        try early.loop.sync {
            let handed = early.hand { frames, peer in
                heard.withLock { $0.append(String(decoding: frames.header, as: UTF8.self)) }
                _ = server.withLock { $0 }?.send(Frames(header: Array("answer".utf8)), to: peer)
            }
            server.withLock { $0 = handed }
        }
        wait { !answers.withLock(\.isEmpty) }
        #expect(heard.withLock { $0.first } == "early")
        #expect(answers.withLock { $0.first } == "answer")
        #expect(early.waitingMessages == 0)
        // What comes from now on does not wait.
        loop.perform { [later = frames("later")] in _ = client.send(later) }
        wait { heard.withLock { $0.contains("later") } }
        #expect(heard.withLock { $0.last } == "later")
        client.close()
        server.withLock { $0.take() }?.close()
    }
}
