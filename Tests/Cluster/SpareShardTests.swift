import Cluster
import Storage
import Testing

/// The end of a stage: a shard that a slow worker has is dealt to an idle one as well, and counts once.
@Suite struct SpareShardTests {
    private func isDone(_ said: [CoordinatorDirective]) -> Bool { said.contains(.stageDone(number: 1)) }

    private func isBreach(_ said: [CoordinatorDirective]) -> Bool {
        said.contains { if case .note(.breach) = $0 { true } else { false } }
    }

    @Test func whatIsOverdueIsDealtTwiceAndCountsOnce() throws {
        var fleet = try Fleet.late()
        // A shard takes 1 s: after 3 s the first one is overdue.
        fleet.moment = 2_900
        fleet.beat(1)
        #expect(fleet.hands[1].isEmpty)
        fleet.moment = 3_100
        #expect(fleet.beat(1).contains(.note(.overdue(shard: 1, name: "w1"))))
        #expect(fleet.hands[1].map(\.shard.id) == [1] && fleet.hands[0].map(\.shard.id) == [1])
        #expect(fleet.hands[0][0].lease != fleet.hands[1][0].lease)
        // Whoever is first.
        for first in [0, 1] {
            var fleet = fleet
            fleet.report(first)
            #expect(fleet.core.progress.imagesDone == 12)
            let late = fleet.report(1 - first)
            #expect(!isBreach(late) && late.count == 1, "it is acknowledged, and nothing else")
            #expect(fleet.core.progress.imagesDone == 12)
        }
        #expect(isDone(fleet.say(fleet.report(of: fleet.hands[0][0].lease, fleet.hands[0][0].shard, by: 0), by: 0)))
    }

    @Test func aPictureOfWhoWasSlowerIsPassedOver() throws {
        var fleet = try Fleet.late()
        fleet.moment = 3_100
        fleet.beat(1)
        fleet.report(1)
        let picture = WorkerMessage.picture(
            session: fleet.sessions[0], lease: fleet.hands[0][0].lease, image: 1, kind: .map)
        #expect(fleet.say(picture, by: 0) == [])
    }

    @Test func whoDiesIsBlamedAndTheOtherGoesOn() throws {
        var fleet = try Fleet.late()
        fleet.moment = 3_100
        fleet.beat(1)
        let died = fleet.handle(.processEnded(name: "w0"))
        #expect(died.contains(.recordDeaths(shards: [1])) && died.contains(.recordInFlight(shards: [1])))
        #expect(isDone(fleet.report(1)))
        // The other way round the first one has it still.
        fleet = try Fleet.late()
        fleet.moment = 3_100
        fleet.beat(1)
        fleet.handle(.processEnded(name: "w1"))
        #expect(isDone(fleet.report(0)))
    }

    @Test func whatTheSlowerOneWroteIsRemoved() throws {
        var limits = CoordinatorLimits()
        limits.shardsInFlight = 1
        var fleet = try Fleet(shards: 4, limits: limits)
        for _ in 0..<3 { try fleet.join() }
        for moment in [1_000, 2_000] {
            fleet.moment = Int64(moment)
            fleet.report(1)
        }
        fleet.moment = 3_100
        fleet.beat(1)
        let shard = try #require(fleet.hands[1].first).shard.id
        fleet.report(1)
        let slow = try #require(fleet.hands.firstIndex { $0.first?.shard.id == shard })
        let drop = CoordinatorDirective.dropArtifacts(shard: shard, lease: fleet.hands[slow][0].lease)
        #expect(fleet.report(slow).contains(drop))
    }

    /// What a worker wrote that ended before its report is nobody's; what belongs to a report stays.
    @Test func whatWasWrittenUnderALeaseThatEndedIsRemoved() throws {
        var fleet = try Fleet.late()
        let lease = fleet.hands[0][0].lease
        let died = fleet.handle(.processEnded(name: "w0"))
        #expect(died.contains(.dropArtifacts(shard: 1, lease: lease)))
        fleet = try Fleet.late()
        let said = fleet.report(0)
        #expect(!said.contains { if case .dropArtifacts = $0 { true } else { false } })
        let kept = said.compactMap { if case .commitResults(_, _, let waiting, _, _) = $0 { waiting } else { nil } }
        #expect(kept.map(\.lease) == [lease] && kept[0].artifacts.count == 4)
    }

    /// Nobody is blamed for a shard that was done.
    @Test func whoDiesOfWhatIsDoneIsNotBlamed() throws {
        var fleet = try Fleet.late()
        fleet.moment = 3_100
        fleet.beat(1)
        fleet.report(1)
        let died = fleet.handle(.processEnded(name: "w0"))
        #expect(!died.contains { if case .recordDeaths = $0 { true } else { false } })
    }

    @Test func whoGivesUpWhatIsDoneBeginsAnew() throws {
        var fleet = try Fleet.late()
        fleet.moment = 3_100
        fleet.beat(1)
        fleet.report(1)
        let session = fleet.sessions[0]
        let said = fleet.say(.gaveUp(session: session, lease: fleet.hands[0][0].lease, reason: "no memory"), by: 0)
        #expect(said.contains(.send(.fenced(session: session), to: Fleet.address(0))))
        #expect(fleet.core.progress.imagesDone == 12)
    }

    /// What the slower one writes later would not be what is there already.
    @Test func workersOfOtherInstructionSetsDoNotDoTheSame() throws {
        var fleet = try Fleet.late(instructionSet: "baseline")
        for moment in stride(from: Int64(3_000), to: 9_000, by: 1_000) {
            fleet.moment = moment
            #expect(!fleet.beat(1).contains { if case .note(.overdue) = $0 { true } else { false } })
        }
    }

    /// One look at what is in hand is enough for all idle workers, however many ask.
    @Test func idleWorkersShareOneLook() throws {
        let (busy, idle) = (200, 200)
        var limits = CoordinatorLimits()
        limits.shardsInFlight = 1
        var fleet = try Fleet(shards: busy + 1, limits: limits)
        for _ in 0..<busy + idle { try fleet.join() }
        fleet.moment = 1_000
        fleet.report(0)
        // Worker 0 is idle now, and so are those that came last; the 200 others have had their shards since the start.
        let idlers = [0] + (busy + 1..<busy + idle)
        let (first, seconds) = (fleet.core.shardsLookedAt, 5)
        for second in 2..<2 + seconds {
            for worker in idlers where fleet.hands[worker].isEmpty {
                fleet.moment = Int64(second * 1_000 + worker / 8)
                fleet.beat(worker)
            }
        }
        #expect(fleet.core.shardsLookedAt - first <= busy * seconds)
        // All are overdue from the fourth second on, and each has a second worker once.
        #expect(idlers.allSatisfy { fleet.hands[$0].count == 1 })
        #expect(Set(idlers.flatMap { fleet.hands[$0].map(\.shard.id) }).count == idle)
    }

    /// - Returns: the share of the time in which all workers together could have done the work.
    private func efficiency(workers: Int, slow: Int, shardsEach: Int, spares: Bool) throws -> Double {
        var limits = CoordinatorLimits()
        if !spares { limits.spareAfter = .max / 4 }
        var fleet = try Fleet(shards: workers * shardsEach, limits: limits)
        for _ in 0..<workers { try fleet.join() }
        // Milliseconds for a shard; workers differ a little.
        let paces = (0..<workers).map { Int64($0 < slow ? 40_000 : 4_000 + 7 * $0) }
        var ends = paces
        var isOver = false
        while !isOver {
            let next = min(ends.min() ?? 0, (fleet.moment / 1_000 + 1) * 1_000)
            fleet.moment = next
            for worker in 0..<workers {
                if ends[worker] == next, !fleet.hands[worker].isEmpty {
                    isOver = isDone(fleet.report(worker)) || isOver
                    ends[worker] = fleet.hands[worker].isEmpty ? .max : next + paces[worker]
                }
                // The others' hearts beat too, and change nothing.
                guard next % 1_000 == 0, fleet.hands[worker].isEmpty else { continue }
                fleet.beat(worker)
                if !fleet.hands[worker].isEmpty { ends[worker] = next + paces[worker] }
            }
        }
        let rate = paces.reduce(0) { $0 + 1 / Double($1) }
        return Double(workers * shardsEach) / rate / Double(fleet.moment)
    }

    @Test func aFewSlowWorkersHoldUpNobody() throws {
        let without = try efficiency(workers: 100, slow: 1, shardsEach: 8, spares: false)
        let with = try efficiency(workers: 100, slow: 1, shardsEach: 8, spares: true)
        print("1 of 100 workers ten times slower: efficiency \(without) without spares, \(with) with")
        #expect(with > 0.75 && without < 0.5)
    }
}
