import Foundation
import Testing
import Transport

@Suite struct FaultTests {
    @Test(.timeLimit(.minutes(20))) func aPeerThatVanishedIsGone() async throws {
        let listener = try Listener()
        let caller = try Caller(to: listener.server.boundEndpoint)
        try await caller.connected()
        #expect(try caller.send(Frames("hello")) == .sent)
        let peer = try await listener.heard.next().peer
        caller.client.close()
        // The news of its end takes a moment to arrive. How long this task waits for a thread meanwhile says nothing about it.
        while try listener.send(Frames("are you there?"), to: peer) == .sent {
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(try listener.send(Frames("are you there?"), to: peer) == .gone)
    }

    @Test func whatWasSentBeforeTheEndArrives() async throws {
        let listener = try Listener()
        let caller = try Caller(to: listener.server.boundEndpoint)
        try await caller.connected()
        for number in 0..<10 {
            #expect(try caller.send(Frames("\(number)", [UInt8](repeating: 1, count: 1 << 20))) == .sent)
        }
        caller.client.close(linger: .seconds(10))
        for number in 0..<10 { #expect(try await listener.heard.next().frames.text == "\(number)") }
    }

    @Test func clientsFindARestartedServer() async throws {
        let first = try Listener()
        let endpoint = first.server.boundEndpoint
        let callers = try (0..<4).map { _ in try Caller(to: endpoint) }
        for caller in callers {
            try await caller.connected()
            #expect(try caller.send(Frames("one")) == .sent)
            _ = try await first.heard.next()
        }
        first.server.close()
        for caller in callers {
            #expect(try await caller.heard.next() == .disconnected)
            #expect(try caller.send(Frames("nobody hears this")) == .gone)
        }
        let second = try Listener(on: "\(endpoint)")
        for caller in callers {
            try await caller.connected()
            #expect(try caller.send(Frames("two")) == .sent)
            #expect(try await second.heard.next().frames.text == "two")
        }
        #expect(first.heard.waiting == 0 && second.heard.waiting == 0)
    }

    @Test func aClientMayComeBeforeItsServer() async throws {
        let endpoint = try freeEndpoint()
        let caller = try Caller(to: endpoint)
        #expect(try caller.send(Frames("too early")) == .gone)
        let listener = try Listener(on: "\(endpoint)")
        try await caller.connected()
        #expect(try caller.send(Frames("now")) == .sent)
        #expect(try await listener.heard.next().frames.text == "now")
    }

    @Test func aPortInUseIsSaid() throws {
        let listener = try Listener()
        let endpoint = "\(listener.server.boundEndpoint)"
        #expect {
            try Listener(on: endpoint)
        } throws: {
            "\($0)".contains(endpoint) && "\($0)".contains("in use") && "\($0)".contains("another port")
        }
    }

    @Test func anAddressOfAnotherMachineIsSaid() {
        #expect {
            try Listener(on: "tcp://192.0.2.1:0", security: .insecure)
        } throws: {
            "\($0)".contains("192.0.2.1") && "\($0)".contains("address of this machine")
        }
    }

    @Test func noClientForAnEndpointWithoutAPortOrHost() throws {
        for text in ["tcp://127.0.0.1:0", "tcp://*:5570"] {
            #expect(throws: TransportError.self) { try Caller(to: Endpoint(text)) }
        }
    }

    @Test func anOversizeFrameEndsItsConnectionOnly() async throws {
        let listener = try Listener(limits: FrameLimits(headerBytes: 100, frameBytes: 10_000))
        let greedy = try Caller(to: listener.server.boundEndpoint)
        let modest = try Caller(to: listener.server.boundEndpoint)
        try await greedy.connected()
        try await modest.connected()
        #expect(try greedy.send(Frames("huge", [UInt8](repeating: 0, count: 20_000))) == .sent)
        #expect(try await greedy.heard.next() == .disconnected)
        try await greedy.connected()
        #expect(try greedy.send(Frames("small")) == .sent)
        #expect(try await listener.heard.next().frames.text == "small")
        #expect(try modest.send(Frames("still here")) == .sent)
        #expect(try await listener.heard.next().frames.text == "still here")
    }

    @Test func messagesOverALimitAreDroppedAndCounted() async throws {
        let listener = try Listener(limits: FrameLimits(headerBytes: 100, frameBytes: 10_000, payloadFrames: 2))
        let caller = try Caller(to: listener.server.boundEndpoint)
        try await caller.connected()
        #expect(try caller.send(Frames(header: [UInt8](repeating: 0, count: 101))) == .sent)
        #expect(try caller.send(Frames("long", [UInt8](repeating: 0, count: 10_001))) == .sent)
        #expect(try caller.send(Frames("many", [1], [2], [3], [4])) == .sent)
        #expect(try caller.send(Frames("fine", [1], [2])) == .sent)
        #expect(try await listener.heard.next().frames == Frames("fine", [1], [2]))
        let server = listener.server
        #expect(try listener.loop.sync { server.droppedMessages } == 3)
    }

    @Test func strangersBytesDoNotHurt() async throws {
        let listener = try Listener()
        let caller = try Caller(to: listener.server.boundEndpoint)
        try await caller.connected()
        var random = SystemRandomNumberGenerator()
        var strangers: [RawConnection] = []
        for length in [0, 1, 9, 10, 11, 64, 65, 1_000, 100_000] {
            let stranger = try RawConnection(to: listener.server.boundEndpoint)
            stranger.send((0..<length).map { _ in random.next() })
            strangers.append(stranger)
            // A greeting as ZeroMQ sends it, and nonsense behind it.
            let pretender = try RawConnection(to: listener.server.boundEndpoint)
            pretender.send([0xFF] + [UInt8](repeating: 0, count: 8) + [0x7F, 3, 0] + Array("NULL".utf8))
            pretender.send([UInt8](repeating: 0, count: 48) + (0..<length).map { _ in random.next() })
            strangers.append(pretender)
        }
        let web = try RawConnection(to: listener.server.boundEndpoint)
        web.send(Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        #expect(try caller.send(Frames("unharmed")) == .sent)
        #expect(try await listener.heard.next().frames.text == "unharmed")
        #expect(listener.heard.waiting == 0)
    }

    @Test func aSilentListenerIsGivenUpAndTriedAgain() async throws {
        let silent = try SilentListener()
        var timing = ConnectionTiming.quick
        timing.handshake = .milliseconds(50)
        let caller = try Caller(to: silent.endpoint, timing: timing)
        for _ in 0..<2 {
            guard case .refused = try await caller.heard.next() else {
                Issue.record("a connection with nobody behind it")
                return
            }
        }
    }

    @Test func closingIsQuickWithAFullQueueAndASilentPeer() async throws {
        let listener = try Listener(limits: FrameLimits(queuedMessages: 4))
        let caller = try Caller(to: listener.server.boundEndpoint, limits: FrameLimits(queuedMessages: 4))
        try await caller.connected()
        let release = DispatchSemaphore(value: 0)
        defer { release.signal() }
        listener.loop.perform { release.wait() }
        let block = Frames("block", [UInt8](repeating: 0, count: 1 << 20))
        while try caller.send(block) == .sent {}
        let start = ContinuousClock.now
        caller.client.close(linger: .milliseconds(50))
        #expect(ContinuousClock.now - start < .seconds(60))
        #expect(try caller.send(block) == .gone)
    }

    @Test func aStormOfStrangersWhileTheLoopIsBusyPasses() async throws {
        let listener = try Listener()
        let caller = try Caller(to: listener.server.boundEndpoint)
        try await caller.connected()
        let release = DispatchSemaphore(value: 0)
        listener.loop.perform { release.wait() }
        for _ in 0..<1_500 { try RawConnection(to: listener.server.boundEndpoint).send([0xFF, 1, 2, 3]) }
        release.signal()
        #expect(try caller.send(Frames("unharmed")) == .sent)
        #expect(try await listener.heard.next().frames.text == "unharmed")
        listener.server.close()
    }

    @Test func closingInTheMidstOfConnectingIsQuick() throws {
        for round in 0..<10 {
            let listener = try Listener()
            let callers = try (0..<8).map { _ in try Caller(to: listener.server.boundEndpoint) }
            for caller in callers where round.isMultiple(of: 2) { caller.client.close() }
            listener.server.close()
        }
    }

    @Test func closingTwiceAndDroppingIsFine() async throws {
        for _ in 0..<20 {
            let listener = try Listener()
            let caller = try Caller(to: listener.server.boundEndpoint)
            try await caller.connected()
            listener.server.close()
            listener.server.close()
            caller.client.close()
        }
    }

    /// An endpoint where nobody listens.
    private func freeEndpoint() throws -> Endpoint {
        let listener = try Listener()
        defer { listener.server.close() }
        return listener.server.boundEndpoint
    }
}

/// Takes connections and never says a word.
private final class SilentListener {
    private let descriptor: Int32
    let endpoint: Endpoint

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) | listen(descriptor, 16) | getsockname(descriptor, address, &size)
            }
        }
        guard code == 0 else { throw POSIXError(.EADDRINUSE) }
        endpoint = try Endpoint("tcp://127.0.0.1:\(UInt16(bigEndian: address.sin_port))")
    }

    deinit { close(descriptor) }
}
