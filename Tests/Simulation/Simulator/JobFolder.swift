import Cluster

/// A job's directory, and beside it the book that the verdict keeps: what may never happen is noticed where it happens.
final class JobFolder {
    let spec: JobSpec
    var disk = SimulatedDisk()
    var journal: SimulatedJournal
    /// What went against the promise, in words.
    private(set) var violations: [String] = []
    /// Partials whose bytes the bad disk changed.
    var rotten: Set<String> = []
    /// Leases and uploads that were ever given out, and to whom.
    private var leases: [Int64: (session: Int64, shard: ShardRange)] = [:]
    private var sessions: Set<Int64> = []
    var deaths = DeathBook()
    /// Whether a small write finds no space, for once.
    var isTight: () -> Bool = { false }
    /// Whether the job ended well.
    var isDone = false
    /// Whether its command was given once more after its end.
    var isTriedAgain = false

    init(_ spec: JobSpec) {
        self.spec = spec
        journal = SimulatedJournal(spec)
    }

    func violate(_ words: String) {
        if violations.count < 20 { violations.append(words) }
    }

    func isUsable(_ image: Int64) -> Bool { !spec.unreadable.contains(image) && !spec.poison.contains(image) }

    /// A deal: its lease must be new, or the same word said again.
    func dealt(_ lease: Int64, _ session: Int64, _ shard: ShardRange) {
        if let known = leases[lease] {
            if known.session != session || known.shard != shard { violate("lease \(lease) is given out twice") }
        } else {
            leases[lease] = (session, shard)
            deaths.dealt(lease, session, shard.id)
        }
    }

    func opened(session: Int64, isRepeat: Bool) {
        if !sessions.insert(session).inserted && !isRepeat { violate("session \(session) is given out twice") }
    }

    /// A transaction of the journal: done, or refused by a full disk.
    func write(_ what: String, _ change: (inout SimulatedJournal) throws -> Void) throws {
        guard !disk.isFull, !isTight() else { throw DiskFull(what: what) }
        try change(&journal)
    }

    func commit(
        _ partial: (file: String, images: Int64)?, _ shards: [Int64], _ failures: [Int64: SimulatedJournal.Status],
        flaw: Flaw?
    ) throws {
        if let partial, !disk.isDurable(partial.file, in: "partials") {
            violate("the journal names \(partial.file), which a power cut would tear")
        }
        try write("a commit") { journal in
            if flaw == .twoTransactions, partial != nil {
                try journal.markOnly(shards: shards, failures: failures)
            } else {
                try journal.commit(
                    partial: partial, shards: shards, failures: failures, isFenced: flaw != .commitTwice)
            }
        }
    }

    func commitResults(_ shard: Int64, _ outcomes: [ImageOutcome]) throws {
        let results: [(image: Int64, status: SimulatedJournal.Status, score: Float?)] = outcomes.map {
            ($0.id, $0.failure == nil ? .ok : .unreadable, $0.score)
        }
        try write("results") { try $0.commitInspection(shard: shard, results) }
    }

    func condemn(_ image: Int64, shard: Int64, _ role: SimulatedJournal.Role) throws {
        try write("the word of a poison") { journal in
            switch role {
            case .normal: try journal.commit(partial: nil, shards: [shard], failures: [image: .poison])
            case .inspect: try journal.commitInspection(shard: shard, [(image, .poison, nil)])
            }
        }
    }

    /// Gives a picture its name without a sync. One that is there already, with the same bytes, is left alone: it may be
    /// part of a committed result, and a fresh file in its place would not be on the disk yet.
    func publish(_ name: String, _ bytes: [UInt8], on machine: Int = SimulatedDisk.home, flaw: Flaw?) throws {
        if flaw != .rewriteMaps, disk.readWhole(name, in: "pictures", on: machine) == bytes { return }
        let file = try disk.create(in: "pictures")
        try disk.write(file, bytes, at: 0, on: machine)
        disk.rename(file, to: name, in: "pictures", on: machine)
    }

    /// The exact sums of the committed partials.
    /// - Returns: nil where a file is damaged.
    func merged() -> Sums? {
        var sums = Sums(patches: spec.patches, dimension: spec.dimension)
        for partial in journal.partials {
            guard
                let records = PartialFile.records(
                    of: disk.read(partial.file, in: "partials"), images: partial.images, spec)
            else {
                if !rotten.contains(partial.file) { violate("the committed partial \(partial.file) is damaged") }
                return nil
            }
            sums.add(images: partial.images, records: records)
        }
        return sums
    }
}
