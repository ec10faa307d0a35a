import Foundation
import TestSupport
import Testing
import Transport

@Suite struct SecurityTests {
    let folder: TemporaryFolder
    /// The coordinator's keys, with the worker `friend` allowed and `stranger` known to nobody.
    let keys: KeyDirectory
    let friend: ClientKeys
    let stranger: ClientKeys

    init() throws {
        folder = try TemporaryFolder()
        keys = KeyDirectory(path: folder.path)
        for name in ["coordinator", "friend", "stranger"] { try keys.create(name) }
        try keys.allow(publicKeyFile: folder.path + "/friend.pub")
        friend = try keys.loadClient(name: "friend")
        stranger = try keys.loadClient(name: "stranger")
    }

    private func listener() throws -> Listener { try Listener(security: .keys(keys.loadServer())) }

    @Test func theRightKeyPasses() async throws {
        let listener = try listener()
        let caller = try Caller(to: listener.server.boundEndpoint, keys: friend)
        try await caller.connected()
        let frames = Frames("hello", [UInt8](repeating: 5, count: 1 << 20))
        #expect(try caller.send(frames) == .sent)
        let message = try await listener.heard.next()
        #expect(message.frames == frames)
        #expect(message.peer.keyName == "friend")
        #expect(try listener.send(Frames("welcome"), to: message.peer) == .sent)
        #expect(try await caller.received().text == "welcome")
    }

    @Test func aFrameAtTheLimitPassesEncryptedToo() async throws {
        let limits = FrameLimits(headerBytes: 100, frameBytes: 50_000)
        let listener = try Listener(security: .keys(keys.loadServer()), limits: limits)
        let caller = try Caller(to: listener.server.boundEndpoint, keys: friend, limits: limits)
        try await caller.connected()
        let frames = Frames("full", [UInt8](repeating: 9, count: 50_000))
        #expect(try caller.send(frames) == .sent)
        #expect(try await listener.heard.next().frames == frames)
    }

    @Test func noKeyGetsNothingThrough() async throws {
        let listener = try listener()
        let reason = try await shutOut(Caller(to: listener.server.boundEndpoint), by: listener)
        #expect(reason.contains("one side use"))
    }

    @Test func anUnknownKeyGetsNothingThrough() async throws {
        let listener = try listener()
        let reason = try await shutOut(Caller(to: listener.server.boundEndpoint, keys: stranger), by: listener)
        #expect(reason.contains("not among those"))
    }

    @Test func aRightKeyForAnotherServerGetsNothingThrough() async throws {
        let listener = try listener()
        let misled = ClientKeys(pair: friend.pair, serverKey: try KeyPair.generate().publicKey)
        try await shutOut(Caller(to: listener.server.boundEndpoint, keys: misled), by: listener)
    }

    @Test func aClientWithKeysDoesNotTrustAServerWithout() async throws {
        let listener = try Listener()
        let reason = try await shutOut(Caller(to: listener.server.boundEndpoint, keys: friend), by: listener)
        #expect(reason.contains("one side use"))
    }

    @Test func strangersBytesDoNotHurt() async throws {
        let listener = try listener()
        var random = SystemRandomNumberGenerator()
        let greeting = [0xFF] + [UInt8](repeating: 0, count: 8) + [0x7F, 3, 0]
        for mechanism in ["NULL", "CURVE", "PLAIN"] {
            let raw = try RawConnection(to: listener.server.boundEndpoint)
            let name = Array(mechanism.utf8) + [UInt8](repeating: 0, count: 20 - mechanism.utf8.count)
            raw.send(greeting + name + [UInt8](repeating: 0, count: 32))
            // A command that claims to be a HELLO, then nonsense.
            raw.send([0x04, 200, 5] + Array("HELLO".utf8) + (0..<500).map { _ in random.next() })
            #expect(raw.receive(64).count <= 64)
        }
        let caller = try Caller(to: listener.server.boundEndpoint, keys: friend)
        try await caller.connected()
        #expect(try caller.send(Frames("unharmed")) == .sent)
        #expect(try await listener.heard.next().frames.text == "unharmed")
    }

    @Test func aListThatOthersMayChangeLetsNobodyInUntilItIsMended() async throws {
        let listener = try listener()
        chmod(keys.allowListPath, 0o664)
        try await shutOut(Caller(to: listener.server.boundEndpoint, keys: friend), by: listener)
        chmod(keys.allowListPath, 0o644)
        let caller = try Caller(to: listener.server.boundEndpoint, keys: friend)
        try await caller.connected()
        #expect(try caller.send(Frames("it is me")) == .sent)
        #expect(try await listener.heard.next().frames.text == "it is me")
    }

    @Test func aRevokedKeyIsOutAndAnAllowedOneIn() async throws {
        let listener = try listener()
        let caller = try Caller(to: listener.server.boundEndpoint, keys: friend)
        try await caller.connected()
        #expect(try caller.send(Frames("it is me")) == .sent)
        let peer = try await listener.heard.next().peer
        #expect(try listener.send(Frames("welcome"), to: peer) == .sent)
        #expect(try await caller.received().text == "welcome")
        try keys.revoke("friend")
        // By the open connection too, either way.
        #expect(try caller.send(Frames("still me")) == .sent)
        #expect(try listener.send(Frames("a secret"), to: peer) == .gone)
        // Nor when somebody else comes to be listed under its name.
        let elsewhere = KeyDirectory(path: folder.path + "/elsewhere")
        _ = try elsewhere.create("friend")
        try keys.allow(publicKeyFile: elsewhere.path + "/friend.pub")
        #expect(try listener.send(Frames("a secret"), to: peer) == .gone)
        try keys.revoke("friend")
        try await shutOut(Caller(to: listener.server.boundEndpoint, keys: friend), by: listener)
        #expect(listener.heard.waiting == 0)

        try keys.allow(publicKeyFile: folder.path + "/stranger.pub")
        let newcomer = try Caller(to: listener.server.boundEndpoint, keys: stranger)
        try await newcomer.connected()
        #expect(try newcomer.send(Frames("now I may")) == .sent)
        #expect(try await listener.heard.next().frames.text == "now I may")
        let server = listener.server
        #expect(try listener.loop.sync { server.droppedMessages } == 1)
    }

    @Test func aRefusedClientGetsInOnceItIsAllowed() async throws {
        let listener = try listener()
        let caller = try Caller(to: listener.server.boundEndpoint, keys: stranger)
        _ = try await caller.refused()
        try keys.allow(publicKeyFile: folder.path + "/stranger.pub")
        try await caller.connected()
        #expect(try caller.send(Frames("patience")) == .sent)
        #expect(try await listener.heard.next().frames.text == "patience")
    }

    @Test func aBrokenListLetsNobodyIn() async throws {
        let listener = try listener()
        try "curve-public-key-1 garbage".write(toFile: keys.allowListPath, atomically: true, encoding: .utf8)
        try await shutOut(Caller(to: listener.server.boundEndpoint, keys: friend), by: listener)
        #expect(throws: TransportError.self) { try keys.loadServer() }
    }

    @Test func closingInTheMidstOfIntroductionsIsQuick() throws {
        for round in 0..<10 {
            let listener = try listener()
            let callers = try (0..<8).map {
                try Caller(to: listener.server.boundEndpoint, keys: $0.isMultiple(of: 2) ? friend : stranger)
            }
            for caller in callers where round.isMultiple(of: 2) { caller.client.close() }
            listener.server.close()
        }
    }

    @Test func theNetworkIsNotOpenedWithoutKeys() throws {
        for text in ["tcp://*:0", "tcp://0.0.0.0:0", "tcp://[::]:0", "tcp://10.1.2.3:5570", "tcp://eth7:5570"] {
            let endpoint = try Endpoint(text)
            #expect {
                try BindPolicy.check(endpoint, keys: false, insecure: false)
            } throws: {
                ["--keys", "--insecure", "127.0.0.1", text].allSatisfy("\($0)".contains)
            }
            try BindPolicy.check(endpoint, keys: true, insecure: false)
            try BindPolicy.check(endpoint, keys: false, insecure: true)
        }
        try BindPolicy.check(Endpoint("tcp://127.0.0.1:0"), keys: false, insecure: false)
        #expect(throws: TransportError.self) { try Listener(on: "tcp://*:0") }
        let open = try Listener(on: "tcp://*:0", security: .insecure)
        #expect("\(open.server.boundEndpoint)".hasPrefix("tcp://0.0.0.0:"))
        _ = try Listener(on: "tcp://*:0", security: .keys(keys.loadServer()))
    }

    /// Has a client try in earnest, and checks that it never connects and that the server hears nothing.
    @discardableResult
    private func shutOut(_ caller: Caller, by listener: Listener) async throws -> String {
        let reason = try await caller.refused()
        for _ in 0..<3 {
            _ = try caller.send(Frames("let me in"))
            _ = try await caller.refused()
        }
        #expect(try caller.send(Frames("let me in")) == .gone)
        #expect(listener.heard.waiting == 0)
        return reason
    }
}
