import Cluster
import Storage
import Testing

/// How often workers are asked to say that they are alive.
@Suite struct HeartbeatIntervalTests {
    /// Those that join when there are many already say it less often, and four times before they are taken for dead.
    @Test func theMoreWorkersThereAreTheRarer() {
        var limits = CoordinatorLimits()
        limits.heartbeatsPerSecond = 100
        var core = CoordinatorCore(limits: limits, epoch: 1, sessionSeed: 7)
        let intervals = (0..<600).compactMap { number -> Int64? in
            let hello = WorkerMessage.hello(
                version: Wire.version, incarnation: 5, name: "w\(number)", threads: 1, instructionSet: "avx2")
            let address = WorkerAddress(bytes: [UInt8(number / 256), UInt8(number % 256)])
            let said = core.handle(.received(hello, payload: [], from: address), at: .start)
            return said.compactMap { if case .send(.welcome(_, _, let interval), _) = $0 { interval } else { nil } }
                .first
        }
        #expect(intervals.count == 600)
        #expect(intervals.prefix(100).allSatisfy { $0 == limits.heartbeat })
        #expect(intervals[199] == 2_000)
        #expect(intervals.suffix(300).allSatisfy { $0 == limits.deadAfter / 4 })
        #expect(zip(intervals, intervals.dropFirst()).allSatisfy { $0 <= $1 })
    }
}
