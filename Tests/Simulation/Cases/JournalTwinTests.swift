import Cluster
import Journal
import Simulator
import Storage
import TestSupport
import Testing

/// The simulated journal answers as the real one does: what it refuses, and what it holds afterwards. Else the simulation
/// would prove something about another program.
@Suite struct JournalTwinTests {
    @Test(arguments: UInt64(0)..<8) func bothDoTheSame(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let dice = Dice(seed: seed)
        var twins = try Twins(JobSpec(number: 0, nil, dice), in: folder["job"])
        for step in 0..<40 {
            let (real, simulated) = twins.step(dice)
            #expect(real == simulated, "step \(step): one refuses")
            #expect(try twins.realState() == twins.simulatedState(), "step \(step)")
        }
        try twins.real.close()
        withExtendedLifetime(folder) {}
    }
}

private struct Twins {
    let spec: JobSpec
    let real: Journal
    var simulated: SimulatedJournal
    private var uploads = 0

    init(_ spec: JobSpec, in folder: String) throws {
        self.spec = spec
        let record = JobRecord(kind: .run, settings: [:], lists: [:])
        real = try Journal.open(JobDirectory(folder), job: record)
        for (role, count) in [(ImageRole.normal, spec.normal), (.inspect, spec.inspected)] where count > 0 {
            let images = (0..<count).map { ImageRecord(path: "\($0)", file: "/\(role)/\($0)", output: "\($0)") }
            try real.register(images, role: role, shardSize: spec.shardSize)
        }
        simulated = SimulatedJournal(spec)
    }

    /// Does the same to both: sometimes sensible, sometimes not.
    /// - Returns: whether each of them took it.
    mutating func step(_ dice: Dice) -> (real: Bool, simulated: Bool) {
        switch dice.draw(0...13) {
        case 0...4: return dice.percent(60) ? commit(dice) : inspect(dice)
        case 5...6: return split(dice)
        case 7...8: return discard(dice)
        case 9...12: return suspect(dice)
        default:
            let isNormal = dice.percent(50)
            simulated.reopenUnreadable(isNormal ? .normal : .inspect)
            return (took { try real.reopenUnreadable(isNormal ? .normal : .inspect) }, true)
        }
    }

    private func took(_ step: () throws -> Void) -> Bool {
        do {
            try step()
            return true
        } catch {
            return false
        }
    }

    private func anyShard(_ dice: Dice) -> Int64 { Int64(dice.draw(1...Int(simulated.lastShard) + 1)) }

    private mutating func commit(_ dice: Dice) -> (Bool, Bool) {
        let shards = (0..<dice.draw(1...3)).map { _ in anyShard(dice) }
        let images = shards.flatMap { simulated.shards[$0]?.range.images ?? [] }
        let all = dice.percent(20)
        let failed = images.filter { _ in all || dice.percent(20) }
        let count = max(0, images.count - Set(failed).count + (dice.percent(10) ? 1 : 0))
        uploads += 1
        let file = "\(uploads).safetensors"
        let record = PartialRecord(file: file, images: count, clamped: 0, digest: Digest(of: [1]))
        let failures = Set(failed).sorted().map { FailureRecord(image: $0, status: .unreadable, reason: "gone") }
        let first = took { try real.commit(partial: count > 0 ? record : nil, shards: shards, failures: failures) }
        var twin = simulated
        let second = took {
            try twin.commit(
                partial: count > 0 ? (file, Int64(count)) : nil, shards: shards,
                failures: Dictionary(failures.map { ($0.image, .unreadable) }) { first, _ in first })
        }
        if second { simulated = twin }
        return (first, second)
    }

    private mutating func inspect(_ dice: Dice) -> (Bool, Bool) {
        let shard = anyShard(dice)
        var images = simulated.shards[shard]?.range.images ?? []
        if dice.percent(10) { images = Array(images.dropLast()) }
        let all = dice.percent(30)
        let failed = Set(images.filter { _ in all || dice.percent(20) })
        let results = images.map {
            failed.contains($0)
                ? ImageResult(failure: FailureRecord(image: $0, status: .unreadable, reason: "gone"))
                : ImageResult(image: $0, score: Float($0), maxRow: 0, maxColumn: 0)
        }
        let first = took { try real.commitInspection(shard: shard, results: results) }
        var twin = simulated
        let second = took {
            try twin.commitInspection(
                shard: shard,
                images.map { ($0, failed.contains($0) ? .unreadable : .ok, failed.contains($0) ? nil : Float($0)) })
        }
        if second { simulated = twin }
        return (first, second)
    }

    private mutating func split(_ dice: Dice) -> (Bool, Bool) {
        let shard = anyShard(dice)
        guard let range = simulated.shards[shard]?.range, range.count > 1 else { return (true, true) }
        let half = dice.draw(1...range.count - 1)
        let gap = dice.percent(10) ? 1 : 0
        let next = simulated.lastShard + 1
        let pieces = [
            ShardRange(id: next, first: range.first, count: half),
            ShardRange(id: next + 1, first: range.first + Int64(half + gap), count: range.count - half),
        ]
        let first = took { try real.split(shard: shard, into: pieces.map { ($0.id, $0.first, $0.count) }) }
        var twin = simulated
        let second = took { try twin.split(shard: shard, into: pieces) }
        if second { simulated = twin }
        return (first, second)
    }

    private mutating func suspect(_ dice: Dice) -> (Bool, Bool) {
        let shards = (0..<dice.draw(0...3)).map { _ in anyShard(dice) }
        switch dice.draw(0...4) {
        case 0:
            simulated.addAttempt(toShards: shards)
            return (took { try real.addAttempt(toShards: shards) }, true)
        case 1:
            simulated.recordInHand(shards)
            return (took { try real.recordInHand(shards) }, true)
        case 2:
            let epoch = simulated.beginEpoch(raising: true)
            return (took { if try real.beginEpoch() != epoch { throw Different() } }, true)
        case 3:
            simulated.recordEnd()
            return (took { try real.recordEnd() }, true)
        default:
            let blamed = simulated.blameShardsInHand()
            return (took { if try real.blameShardsInHand() != blamed { throw Different() } }, true)
        }
    }

    private struct Different: Error {}

    private mutating func discard(_ dice: Dice) -> (Bool, Bool) {
        guard !simulated.partials.isEmpty else { return (true, true) }
        let partial = dice.pick(simulated.partials).id
        simulated.discard(partial: partial)
        return (took { try real.discard(partial: partial) }, true)
    }

    func realState() throws -> [String] {
        var lines = try [ImageRole.normal, .inspect].flatMap { role in
            try real.shards(role).map {
                "shard \($0.id): \($0.firstImage) \($0.images) \($0.isCommitted) \($0.attempts)"
            }
        }
        for role in [ImageRole.normal, .inspect] {
            try real.forEachImage(role) { row in
                lines.append("\(row.id): \(row.status.map { "\($0)" } ?? "to do") \(row.score ?? -1)")
            }
        }
        lines += try real.partials().map { "\($0.record.file): \($0.record.images)" }
        return lines + ["last \(try real.lastShard())", "cut off \(try real.wasCutOff())"]
    }

    func simulatedState() -> [String] {
        var lines = [SimulatedJournal.Role.normal, .inspect].flatMap { role in
            simulated.shards(role).map {
                "shard \($0.range.id): \($0.range.first) \($0.range.count) \($0.isCommitted) \($0.attempts)"
            }
        }
        for (place, image) in simulated.images.enumerated() {
            lines.append("\(place + 1): \(image.status.map { "\($0)" } ?? "to do") \(image.score ?? -1)")
        }
        lines += simulated.partials.map { "\($0.file): \($0.images)" }
        return lines + ["last \(simulated.lastShard)", "cut off \(simulated.wasCutOff)"]
    }
}
