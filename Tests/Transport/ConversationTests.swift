import Foundation
import Logging
import Testing
import Transport

@Suite struct ConversationTests {
    @Test func anEchoComesBackWhole() async throws {
        let listener = try Listener()
        let caller = try Caller(to: listener.server.boundEndpoint)
        try await caller.connected()
        let frames = Frames("hello", [], [1, 2, 3], [UInt8](repeating: 7, count: 70_000))
        #expect(try caller.send(frames) == .sent)
        let message = try await listener.heard.next()
        #expect(message.frames == frames)
        #expect(message.peer.address == "127.0.0.1")
        #expect(try listener.send(message.frames, to: message.peer) == .sent)
        #expect(try await caller.received() == frames)
    }

    @Test func anActorCanOwnAServerOnItsLoop() async throws {
        let echo = Echo(loop: try EventLoop())
        let endpoint = try await echo.start()
        let callers = try (0..<4).map { _ in try Caller(to: endpoint) }
        for caller in callers {
            try await caller.connected()
            for number in 0..<25 { #expect(try caller.send(Frames("\(number)")) == .sent) }
        }
        for caller in callers {
            for number in 0..<25 { #expect(try await caller.received().text == "\(number)") }
        }
        #expect(await echo.answered == 100)
        await echo.stop()
        for caller in callers { #expect(try await caller.heard.next() == .disconnected) }
    }

    @Test func aNameAndAnIPv6AddressWorkToo() async throws {
        for host in ["localhost", "[::1]"] {
            let listener: Listener
            do {
                listener = try Listener(on: "tcp://\(host):0")
            } catch let error as TransportError where host == "[::1]" && "\(error)".contains("address") {
                continue  // A machine without IPv6.
            }
            let caller = try Caller(to: Endpoint("tcp://\(host):\(listener.server.boundEndpoint.port)"))
            try await caller.connected()
            #expect(try caller.send(Frames(host)) == .sent)
            #expect(try await listener.heard.next().frames.text == host)
        }
    }

    @Test func manyClientsAreKeptApart() async throws {
        let listener = try Listener()
        let callers = try (0..<24).map { _ in try Caller(to: listener.server.boundEndpoint) }
        for (number, caller) in callers.enumerated() {
            try await caller.connected()
            for turn in 0..<10 { #expect(try caller.send(Frames("\(number)/\(turn)")) == .sent) }
        }
        var heard: [Peer: [String]] = [:]
        for _ in 0..<240 {
            let message = try await listener.heard.next()
            heard[message.peer, default: []].append(message.frames.text)
        }
        #expect(heard.count == 24)
        for (peer, texts) in heard {
            let number = texts[0].prefix { $0 != "/" }
            #expect(texts == (0..<10).map { "\(number)/\($0)" })
            #expect(try listener.send(Frames("you are \(number)"), to: peer) == .sent)
        }
        for (number, caller) in callers.enumerated() {
            #expect(try await caller.received().text == "you are \(number)")
        }
    }

    @Test func mebibyteFramesGoInAWindow() async throws {
        let listener = try Listener()
        let caller = try Caller(to: listener.server.boundEndpoint)
        try await caller.connected()
        let (count, window) = (48, 4)
        func chunk(_ number: Int) -> Frames { Frames("\(number)", [UInt8](repeating: UInt8(number), count: 1 << 20)) }
        for number in 0..<window { #expect(try caller.send(chunk(number)) == .sent) }
        for number in 0..<count {
            let message = try await listener.heard.next()
            #expect(message.frames == chunk(number))
            #expect(try listener.send(Frames("got \(number)"), to: message.peer) == .sent)
            #expect(try await caller.received().text == "got \(number)")
            if number + window < count { #expect(try caller.send(chunk(number + window)) == .sent) }
        }
    }

    @Test func aPeerThatReadsNothingFillsOnlyItsOwnQueue() async throws {
        let listener = try Listener(limits: FrameLimits(queuedMessages: 8))
        // A ZeroMQ peer whose thread is stuck: its own I/O thread takes what its bounds allow, and no more.
        let stuck = try Caller(to: listener.server.boundEndpoint, limits: FrameLimits(queuedMessages: 8))
        let lively = try Caller(to: listener.server.boundEndpoint)
        try await stuck.connected()
        #expect(try stuck.send(Frames("I am stuck")) == .sent)
        let peer = try await listener.heard.next().peer
        let release = DispatchSemaphore(value: 0)
        stuck.loop.perform { release.wait() }
        defer { release.signal() }

        let block = Frames("block", [UInt8](repeating: 0, count: 1 << 20))
        var outcomes: [SendOutcome] = []
        while outcomes.last != .full, outcomes.count < 2_000 { outcomes.append(try listener.send(block, to: peer)) }
        #expect(outcomes.last == .full)
        #expect(outcomes.dropLast().allSatisfy { $0 == .sent })

        try await lively.connected()
        #expect(try lively.send(Frames("I am not")) == .sent)
        let message = try await listener.heard.next()
        #expect(try listener.send(Frames("good"), to: message.peer) == .sent)
        #expect(try await lively.received().text == "good")
    }

    @Test func whatALimitForbidsIsNotSent() async throws {
        let limits = FrameLimits(headerBytes: 100, frameBytes: 1_000, payloadFrames: 2)
        let listener = try Listener(limits: limits)
        let caller = try Caller(to: listener.server.boundEndpoint, limits: limits)
        try await caller.connected()
        #expect(try caller.send(Frames(header: [UInt8](repeating: 0, count: 101))) == .tooLarge)
        #expect(try caller.send(Frames("a", [UInt8](repeating: 0, count: 1_001))) == .tooLarge)
        #expect(try caller.send(Frames("a", [], [], [])) == .tooLarge)
        #expect(try caller.send(Frames("b", [UInt8](repeating: 0, count: 1_000), [])) == .sent)
        #expect(try await listener.heard.next().frames.text == "b")
    }
}

private actor Echo {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private var server: Server?
    private(set) var answered = 0

    init(loop: EventLoop) { self.loop = loop }

    func start() throws -> Endpoint {
        let server = try Server(bind: Endpoint("tcp://127.0.0.1:0"), logger: .silent, on: loop) {
            [weak self] frames, peer in
            self?.assumeIsolated { $0.answer(frames, peer) }
        }
        self.server = server
        return server.boundEndpoint
    }

    private func answer(_ frames: Frames, _ peer: Peer) {
        if server?.send(frames, to: peer) == .sent { answered += 1 }
    }

    func stop() { server?.close() }
}
