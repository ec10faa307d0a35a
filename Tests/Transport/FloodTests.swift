import Foundation
import Testing
import Transport

/// Peers that say more than they may, without ZeroMQ's library to hold them back.
@Suite struct FloodTests {
    /// libzmq aborts where it is to write over a connection that broke while its queue was full.
    @Test func floodsThatBreakOffDoNotEndTheServer() async throws {
        let listener = try Listener()
        let flooders = try (0..<30).map { _ in try RawConnection(to: listener.server.boundEndpoint) }
        for flooder in flooders { flooder.introduce() }
        let release = DispatchSemaphore(value: 0)
        listener.loop.perform { release.wait() }
        for flooder in flooders {
            let stale = RawConnection.message(Array("stale".utf8), [], [0, 0, 0, 0])
            for _ in 0..<60 { flooder.send(stale + stale + stale + stale + stale + RawConnection.ping) }
        }
        // Time for them to fill their queues.
        try await Task.sleep(for: .milliseconds(100))
        for flooder in flooders { flooder.breakOff() }
        try await Task.sleep(for: .milliseconds(100))
        release.signal()
        let caller = try Caller(to: listener.server.boundEndpoint)
        try await caller.connected()
        #expect(try caller.send(Frames("unharmed")) == .sent)
        try await listener.heard.first { $0.frames.text == "unharmed" }
    }

    /// ZeroMQ holds a message's frames until the last one comes.
    @Test func aMessageWithoutAnEndIsCutOff() async throws {
        let limits = FrameLimits(headerBytes: 1 << 10, frameBytes: 8 << 20, payloadFrames: 2)
        let listener = try Listener(limits: limits)
        let flooder = try RawConnection(to: listener.server.boundEndpoint)
        flooder.introduce()
        let frame = RawConnection.frame([UInt8](repeating: 1, count: 4 << 20), .more)
        var sent = 0
        // 2 GB, if nobody stops it.
        while sent < 500, flooder.send(frame) { sent += 1 }
        #expect(sent < 100)
        let caller = try Caller(to: listener.server.boundEndpoint, limits: limits)
        try await caller.connected()
        #expect(try caller.send(Frames("unharmed", [UInt8](repeating: 1, count: 8 << 20))) == .sent)
        #expect(try await listener.heard.next().frames.text == "unharmed")
        #expect(listener.heard.waiting == 0)
    }

    @Test func messagesOfTooManyBytesInAllAreDropped() async throws {
        let limits = FrameLimits(headerBytes: 100, frameBytes: 1_000, payloadFrames: 2, messageBytes: 1_500)
        let listener = try Listener(limits: limits)
        let caller = try Caller(to: listener.server.boundEndpoint)
        try await caller.connected()
        let block = [UInt8](repeating: 0, count: 1_000)
        #expect(try caller.send(Frames("long", block, block)) == .sent)
        #expect(try caller.send(Frames("fine", block, [1])) == .sent)
        #expect(try await listener.heard.next().frames.text == "fine")
        let modest = try Caller(to: listener.server.boundEndpoint, limits: limits)
        try await modest.connected()
        #expect(try modest.send(Frames("long", block, block)) == .tooLarge)
    }

    @Test func whoSaysTooMuchIsNotHeardForAWhile() async throws {
        var limits = FrameLimits.standard
        limits.messagesPerSecond = 100
        let listener = try Listener(limits: limits)
        let flooder = try RawConnection(to: listener.server.boundEndpoint)
        flooder.introduce()
        let caller = try Caller(to: listener.server.boundEndpoint)
        try await caller.connected()
        let chatter = RawConnection.message(Array("chatter".utf8))
        while flooder.send(Array(repeatElement(chatter, count: 1_000).joined())) {}
        #expect(try caller.send(Frames("unharmed")) == .sent)
        var chatters = 0
        while try await listener.heard.next().frames.text == "chatter" { chatters += 1 }
        #expect(chatters < 10_000)
    }
}
