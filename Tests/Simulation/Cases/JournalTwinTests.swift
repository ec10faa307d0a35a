import Cluster
import JobRules
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
            #expect(real == simulated, "step \(step): one refuses, or answers otherwise")
            #expect(try twins.realState() == twins.simulatedState(), "step \(step)")
        }
        try twins.real.close()
        withExtendedLifetime(folder) {}
    }
}

private struct Twins {
    let real: Journal
    let simulated: SimulatedJournal
    private var uploads = 0

    init(_ spec: JobSpec, in folder: String) throws {
        let record = JobRecord(kind: .run, settings: [:], lists: [:])
        real = try Journal.open(JobDirectory(folder), job: record)
        for (role, count) in spec.roles {
            let images = (0..<count).map {
                ImageRecord(path: "\($0)", location: .file("/\(role)/\($0)"), output: "\($0)")
            }
            try real.register(images, role: role, shards: spec.shards(role))
        }
        simulated = SimulatedJournal(spec)
    }

    /// Does the same to both: sometimes sensible, sometimes not.
    /// - Returns: what each of them answers; nil for one that refuses.
    mutating func step(_ dice: Dice) -> (real: String?, simulated: String?) {
        switch dice.draw(0...21) {
        case 0...4: dice.percent(60) ? commit(dice) : inspect(dice)
        case 16: identify(dice)
        case 17: takeOut(dice)
        case 18...19: finishTakingOut(dice)
        case 20: grow(dice)
        case 21: audit(dice)
        case 5...6: split(dice)
        case 7...8: discard(dice)
        case 9...12: suspect(dice)
        case 13: addUp(dice)
        case 14: settle(dice)
        default: reopen(dice)
        }
    }

    private func both<Answer>(_ step: (any JobJournal) throws -> Answer) -> (String?, String?) {
        func answer(_ journal: any JobJournal) -> String? {
            do { return "\(try step(journal))" } catch { return nil }
        }
        return (answer(real), answer(simulated))
    }

    /// Mostly the shard's own role.
    private func anyRole(of shard: ShardID, _ dice: Dice) -> ImageRole {
        dice.percent(90) ? simulated.shards[shard]?.role ?? .normal : dice.pick(ImageRole.allCases)
    }

    private func anyShard(_ dice: Dice) -> ShardID {
        ShardID(0).advanced(by: dice.draw(1...Int(simulated.lastShard().rawValue) + 1))
    }

    private mutating func partial(images: Int) -> PartialRecord {
        uploads += 1
        return PartialRecord(file: "\(uploads).safetensors", images: images, clamped: 0, digest: Digest(of: [1]))
    }

    /// The real journal adds to a role without images as well, which no command asks for.
    private mutating func grow(_ dice: Dice) -> (String?, String?) {
        let role: ImageRole = dice.percent(80) ? .inspect : .normal
        guard simulated.counts(role).total > 0 else { return (nil, nil) }
        let (images, shardSize) = (dice.draw(1...5), dice.draw(1...3))
        let records = (0..<images).map {
            ImageRecord(path: "later \($0)", location: .file("/later/\($0)"), output: "later \($0)")
        }
        let sizes = stride(from: 0, to: images, by: shardSize).map { NewShard(images: min(shardSize, images - $0)) }
        return both { journal in
            if let real = journal as? Journal {
                try real.add(
                    records, role: role, shards: sizes, sources: [ImageSource(name: "l", images: images)],
                    list: Digest(of: [3]))
            } else if let simulated = journal as? SimulatedJournal {
                try simulated.add(images, role: role, shardSize: shardSize)
            }
        }
    }

    private mutating func commit(_ dice: Dice) -> (String?, String?) {
        let shards = (0..<dice.draw(1...3)).map { _ in anyShard(dice) }
        let role = anyRole(of: shards[0], dice)
        let images = shards.flatMap { simulated.shards[$0]?.range.images ?? [] }
        let all = dice.percent(20)
        let failed = images.filter { _ in all || dice.percent(20) }
        let count = max(0, images.count - Set(failed).count + (dice.percent(10) ? 1 : 0))
        var record = partial(images: count)
        // Some of a job with an audit.
        var fingerprints: [ShardID: Fingerprint] = [:]
        if dice.percent(50) {
            record.maker = ResultMaker(worker: dice.pick(["a", "b"]), instructionSet: "avx2")
            for shard in shards { fingerprints[shard] = Fingerprint(UInt64(dice.draw(0...1_000_000))) }
        }
        let isPoison = dice.percent(20)
        let skipped = Set(failed).sorted().map { ImageFailure(id: $0, reason: "gone") }
        let poison = isPoison ? Array(skipped.prefix(1)) : []
        let failures = Array(skipped.dropFirst(poison.count))
        // Numbers of partials are used again in SQLite where a commit was refused.
        return both {
            try $0.commit(
                partial: count > 0 ? record : nil, shards: shards, role: role, failures: failures, poison: poison,
                contents: contents(of: images, but: failed), fingerprints: fingerprints
            ).map { _ in
                "done"
            }
                ?? "-"
        }
    }

    private func inspect(_ dice: Dice) -> (String?, String?) {
        let shard = anyShard(dice)
        let role = anyRole(of: shard, dice)
        var images = simulated.shards[shard]?.range.images ?? []
        if dice.percent(10) { images = Array(images.dropLast()) }
        let all = dice.percent(30)
        let failed = Set(images.filter { _ in all || dice.percent(20) })
        let results = images.map {
            failed.contains($0)
                ? ImageResult(unreadable: ImageFailure(id: $0, reason: "gone"))
                : ImageResult(image: $0, score: Float($0.rawValue), maxRow: 0, maxColumn: 0)
        }
        let payload: [UInt8]? = dice.percent(10) ? [1] : nil
        let maker: ResultMaker? =
            dice.percent(50) ? ResultMaker(worker: dice.pick(["a", "b"]), instructionSet: "avx2") : nil
        return both {
            try $0.commitResults(shard: shard, role: role, results: results, payload: payload, maker: maker)
        }
    }

    private func identify(_ dice: Dice) -> (String?, String?) {
        let shard = anyShard(dice)
        let role = anyRole(of: shard, dice)
        let images = simulated.shards[shard]?.range.images ?? []
        let failed = images.filter { _ in dice.percent(20) }
        let skipped = failed.map { ImageFailure(id: $0, reason: "gone") }
        let known = images.filter { !failed.contains($0) }.dropLast(dice.percent(10) ? 1 : 0)
        let contents = contents(of: Array(known), but: [])
        return both {
            try $0.commitContents(
                shard: shard, role: role, failures: Array(skipped.dropFirst()), poison: Array(skipped.prefix(1)),
                contents: contents)
        }
    }

    /// A copy has the content of its original.
    private func contents(of images: [ImageID], but failed: [ImageID]) -> [ImageID: ContentDigest] {
        let told = images.filter { !failed.contains($0) }.map { image in
            (image, withUnsafeBytes(of: simulated.original(of: image).rawValue) { ContentDigest(of: $0) })
        }
        return Dictionary(told) { first, _ in first }
    }

    private func takeOut(_ dice: Dice) -> (String?, String?) {
        let normal = simulated.images.count { $0.role == .normal }
        let places = (0..<normal + (dice.percent(10) ? 1 : 0)).filter { _ in dice.percent(20) }
        return both { try $0.beginExclusion(of: places, shardSize: 2) }
    }

    private mutating func finishTakingOut(_ dice: Dice) -> (String?, String?) {
        if dice.percent(10) { return both { try $0.removeExclusion() } }
        uploads += 1
        let (name, isWrong) = (uploads, dice.percent(10))
        return both { journal in
            let partials = try journal.partials()
            let copies = partials.filter { $0.role == .excluding }
            let rests = Set(copies.map(\.lot)).sorted { $0 ?? -1 < $1 ?? -1 }.map { lot in
                let whole = partials.filter { $0.role == .normal && $0.lot == lot }
                let images =
                    whole.reduce(0) { $0 + $1.record.images }
                    - copies.filter { $0.lot == lot }.reduce(0) { $0 + $1.record.images } + (isWrong ? 1 : 0)
                let rest = PartialRecord(
                    file: "\(name)-\(lot ?? -1)", images: images, clamped: 0, digest: Digest(of: [1]))
                return (partials: whole.map(\.id), rest: images > 0 ? rest : nil)
            }
            try journal.finishExclusion(rests)
        }
    }

    private func split(_ dice: Dice) -> (String?, String?) {
        let shard = anyShard(dice)
        guard let range = simulated.shards[shard]?.range, range.count > 1 else { return ("", "") }
        let half = dice.draw(1...range.count - 1)
        let gap = dice.percent(10) ? 1 : 0
        let next = simulated.lastShard().next
        let pieces = [
            (id: next, firstImage: range.first, images: half),
            (id: next.next, firstImage: range.first.advanced(by: half + gap), images: range.count - half),
        ]
        return both { try $0.split(shard: shard, into: pieces) }
    }

    private func suspect(_ dice: Dice) -> (String?, String?) {
        let shards = (0..<dice.draw(0...3)).map { _ in anyShard(dice) }
        switch dice.draw(0...4) {
        case 0: return both { try $0.addAttempt(toShards: shards) }
        case 1: return both { try $0.recordInFlight(shards) }
        case 2: return both { try $0.beginEpoch() }
        case 3: return both { try $0.recordEnd() }
        default: return both { try $0.blameShardsInFlight() }
        }
    }

    private func audit(_ dice: Dice) -> (String?, String?) {
        let confirmed = dice.percent(70) ? [anyShard(dice): dice.pick(["a", "b", "c"])] : [:]
        let wrong = dice.percent(30) ? [dice.pick(["a", "b"]): "it is"] : [:]
        let role = dice.pick(ImageRole.allCases)
        return both { try $0.recordAudit(role, confirmed: confirmed, wrong: wrong) }
    }

    private func discard(_ dice: Dice) -> (String?, String?) {
        guard !simulated.partials().isEmpty else { return ("", "") }
        let place = dice.draw(0...simulated.partials().count - 1)
        return both { try $0.discard(partial: $0.partials()[place].id) }
    }

    private mutating func addUp(_ dice: Dice) -> (String?, String?) {
        let count = dice.draw(0...simulated.partials().count)
        // Mostly of one lot.
        let isMixed = dice.percent(20)
        func some(_ all: [CommittedPartial]) -> [CommittedPartial] {
            all.filter { isMixed || $0.addsUp(with: all[0]) }.prefix(count).map { $0 }
        }
        let images = some(simulated.partials()).reduce(0) { $0 + $1.record.images }
        let sum = partial(images: images + (dice.percent(10) ? 1 : 0))
        return both { journal in
            _ = try journal.replace(partials: some(journal.partials()).map(\.id), with: sum)
        }
    }

    private func settle(_ dice: Dice) -> (String?, String?) {
        let phase = dice.pick(JobPhase.allCases)
        switch dice.draw(0...3) {
        case 0: return both { try $0.set(.madeModel, to: Digest(of: [2])) }
        case 1: return both { try $0.forget(.madeModel) }
        default: return both { try $0.set(.phase, to: phase) }
        }
    }

    private func reopen(_ dice: Dice) -> (String?, String?) {
        let role = dice.pick(ImageRole.allCases)
        return both { try $0.reopenUnreadable(role) }
    }

    func realState() throws -> [String] {
        var images: [(id: ImageID, line: String)] = []
        for role in ImageRole.allCases {
            try real.forEachImage(role) { images.append(($0.id, line($0.id, $0.status, $0.score))) }
        }
        return try images.sorted { $0.id < $1.id }.map(\.line) + state(real)
    }

    func simulatedState() throws -> [String] {
        try simulated.images.enumerated().map { line(ImageID(1).advanced(by: $0), $1.status, $1.score) }
            + state(simulated)
    }

    private func line(_ image: ImageID, _ status: ImageStatus?, _ score: Float?) -> String {
        "\(image): \(status.map { "\($0)" } ?? "to do") \(score ?? -1)"
    }

    private func state(_ journal: any JobJournal) throws -> [String] {
        var lines: [String] = []
        for role in ImageRole.allCases {
            lines += try journal.shards(role).map { "\($0)" } + ["\(journal.counts(role))"]
        }
        lines += try journal.partials().map {
            "\($0.record.file): \($0.record.images) \($0.role) \($0.lot ?? -1) \($0.record.maker?.worker ?? "")"
        }
        for role in ImageRole.allCases {
            let all =
                try (journal as? Journal)?.auditableShards(role)
                ?? (journal as? SimulatedJournal)?.auditableShards(role) ?? []
            let scored =
                try (journal as? Journal)?.scoredShards(role)
                ?? (journal as? SimulatedJournal)?.scoredShards(role) ?? []
            lines += (all + scored).map { "\($0)" }
        }
        lines += ["last \(try journal.lastShard())", "cut off \(try journal.wasCutOff())"]
        return lines + [
            "\(String(describing: try journal.value(.phase))), \(String(describing: try journal.value(.madeModel)))"
        ]
    }
}
