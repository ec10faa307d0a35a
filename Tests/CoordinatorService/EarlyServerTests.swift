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
        func say(_ text: String) { loop.perform { [frames = frames(text)] in _ = client.send(frames) } }
        func waits(_ text: String) -> Bool { early.waitingMessages.contains { $0.header == Array(text.utf8) } }
        wait {
            // Nothing can be sent before there is a connection.
            say("early")
            return waits("early")
        }
        say("later")
        wait { waits("later") }
        #expect(early.waitingMessages.count == 1)
        let server = Locked<Server?>(nil)
        try early.loop.sync {
            let handed = early.handOver { frames, peer in
                heard.withLock { $0.append(String(decoding: frames.header, as: UTF8.self)) }
                _ = server.withLock { $0 }?.send(Frames(header: Array("answer".utf8)), to: peer)
            }
            server.withLock { $0 = handed }
        }
        wait { !answers.withLock(\.isEmpty) }
        #expect(heard.withLock { $0 } == ["later"], "the last that each has said")
        #expect(answers.withLock { $0.first } == "answer")
        #expect(early.waitingMessages.isEmpty)
        // What comes from now on does not wait.
        say("now")
        wait { heard.withLock { $0.contains("now") } }
        #expect(heard.withLock { $0.last } == "now")
        client.close()
        server.withLock { $0.take() }?.close()
    }
}
