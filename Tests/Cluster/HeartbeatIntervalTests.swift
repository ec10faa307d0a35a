import Cluster
import Storage
import Testing

/// How often workers are asked to say that they are alive.
@Suite struct HeartbeatIntervalTests {
    /// Those that join when there are many already say it less often, and three times before they are taken for dead.
    @Test func theMoreWorkersThereAreTheRarer() {
        var limits = CoordinatorLimits()
        limits.heartbeatsPerSecond = 100
        var core = CoordinatorCore(limits: limits, epoch: 1, sessionSeed: 7)
        let intervals = (0..<600).compactMap { number -> Int64? in
            let hello = WorkerMessage.hello(
                version: Wire.version, incarnation: 5, name: "w\(number)", threads: 1, instructionSet: "avx2")
            let address = WorkerAddress(bytes: [UInt8(number / 256), UInt8(number % 256)])
            let said = core.handle(.received(hello, payload: [], from: address), at: .start)
            return said.compactMap { if case .send(.welcome(_, _, let interval, _), _) = $0 { interval } else { nil } }
                .first
        }
        #expect(intervals.count == 600)
        #expect(intervals.prefix(100).allSatisfy { $0 == limits.heartbeat })
        #expect(intervals[200] == 2_000)
        #expect(intervals.suffix(300).allSatisfy { $0 == limits.deadAfter * 3 / 10 })
        #expect(zip(intervals, intervals.dropFirst()).allSatisfy { $0 <= $1 })
    }

    /// Those that came first are told with the answer to a heartbeat, once, and beat so.
    @Test func theIntervalIsToldAgain() {
        var limits = CoordinatorLimits()
        limits.heartbeatsPerSecond = 100
        var core = CoordinatorCore(limits: limits, epoch: 1, sessionSeed: 7)
        var sessions: [SessionID] = []
        func address(_ number: Int) -> WorkerAddress {
            WorkerAddress(bytes: [UInt8(number / 256), UInt8(number % 256)])
        }
        for number in 0..<600 {
            let hello = WorkerMessage.hello(
                version: Wire.version, incarnation: 5, name: "w\(number)", threads: 1, instructionSet: "avx2")
            for directive in core.handle(.received(hello, payload: [], from: address(number)), at: .start) {
                if case .send(.welcome(let session, _, _, _), _) = directive { sessions.append(session) }
            }
        }
        func answer() -> [CoordinatorDirective] {
            let beat = WorkerMessage.heartbeat(
                session: sessions[0], stage: nil, leases: [], newest: nil, upload: nil)
            return core.handle(.received(beat, payload: [], from: address(0)), at: .start)
        }
        let most = limits.deadAfter * 3 / 10
        #expect(
            answer() == [.send(.heartbeat(session: sessions[0], heartbeatMilliseconds: most), to: address(0))])
        #expect(answer() == [.send(.heartbeat(session: sessions[0]), to: address(0))])

        var worker = WorkerCore(
            identity: WorkerIdentity(name: "w", threads: 1, instructionSet: "avx2"), incarnation: 5)
        func beats(_ milliseconds: ClosedRange<Int64>) -> Int {
            milliseconds.reduce(0) { count, time in
                count
                    + worker.handle(.tick, at: Instant(milliseconds: time)).count {
                        if case .send(.heartbeat, _) = $0 { true } else { false }
                    }
            }
        }
        _ = worker.handle(
            .received(.welcome(session: 1, incarnation: 5, heartbeatMilliseconds: 1_000), payload: []), at: .start)
        #expect(beats(1...6_000) == 6)
        _ = worker.handle(
            .received(.heartbeat(session: 1, heartbeatMilliseconds: most), payload: []),
            at: Instant(milliseconds: 6_000))
        #expect(beats(6_001...12_000) == 2)
    }
}
