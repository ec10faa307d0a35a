import Cluster
import Compute
import Logging
import Transport

/// What the core's notes tell of the workers: a line of the log each, and what is remembered of it.
package struct WorkerEventLog {
    private(set) var joined = 0
    private(set) var died = 0
    /// The names of those that were ever ready to work.
    private(set) var ready: Set<String> = []
    /// Why the last worker that could not do the job could not.
    var ineligibleReason: String?
    /// The set that the job forces all to use.
    private let forcedSet: InstructionSet?
    /// By name: a worker of another build may have one that is not known here.
    private var instructionSets: Set<String> = []
    /// Whether it is known, or said elsewhere.
    private var warnedOfBits: Bool
    private let computesIntegers: @Sendable () -> Bool
    private var throttles: [CoordinatorNote.Kind: LogThrottle] = [:]
    /// So many lines of a kind may come at once: as many as all workers of a large job have reason for.
    private static let mostAtOnce = 1_000
    /// More are not remembered: there are a few, and names of others are a worker's invention.
    private static let mostInstructionSets = 64

    /// - Parameters:
    ///   - computesIntegers: whether the job's network does, so that its features are the same everywhere. Asked when it matters.
    ///   - warnsOfBits: whether to warn of workers whose processors give different bits.
    package init(
        forcedSet: InstructionSet?, warnsOfBits: Bool = true,
        computesIntegers: @escaping @Sendable () -> Bool = { false }
    ) {
        (self.forcedSet, self.computesIntegers, warnedOfBits) = (forcedSet, computesIntegers, !warnsOfBits)
    }

    /// - Returns: what befell a worker, in words, where that is worth showing beside the log.
    package mutating func take(
        _ note: CoordinatorNote, _ logger: Logger, now: ContinuousClock.Instant = .now
    ) -> String? {
        keep(note, logger)
        guard let (level, text) = Self.words(of: note) else { return nil }
        // Nothing hinders a worker from causing a line with each of its messages, under as many names as it likes.
        throttles[note.kind, default: LogThrottle(burst: Self.mostAtOnce)].write(now: now) {
            logger.log(level: level, "\(text)\($0)")
        }
        return level >= .warning ? text : nil
    }

    /// What is remembered of it.
    private mutating func keep(_ note: CoordinatorNote, _ logger: Logger) {
        switch note {
        case .joined(_, _, let instructionSet):
            joined += 1
            expect(forcedSet?.rawValue ?? instructionSet, logger)
        case .relays(_, let instructionSets):
            for set in instructionSets { expect(forcedSet?.rawValue ?? set, logger) }
        case .ready(let name): ready.insert(name)
        case .died: died += 1
        case .ineligible(_, let reason), .abandoned(_, _, let reason): ineligibleReason = reason
        case .unconfirmed(_, _, _, let reason):
            ineligibleReason = "none of a shard's images can be read; the first: \(reason)"
        case .breach(let name, _, let reason, _): ineligibleReason = "worker \(name) broke the protocol: \(reason)"
        case .left, .abstains, .stuck, .refused, .worked, .unusable, .beganAnew, .artifactsLost, .sawNothing, .dropped,
            .suspect,
            .overdue, .distrusted:
            break
        }
    }

    private static func words(of note: CoordinatorNote) -> (Logger.Level, String)? {
        switch note {
        case .joined(let name, let threads, let instructionSet):
            (.info, "worker \(name) joined: \(threads) threads, \(instructionSet)")
        case .relays(let name, let instructionSets):
            (.info, "behind relay \(name) are workers with \(instructionSets.joined(separator: ", "))")
        case .left(let name): (.info, "worker \(name) left")
        case .stuck(let name, let time):
            (
                .warning,
                "worker \(name) is heard of, but has done nothing of its work for \(time / 1_000) s: it is given up"
            )
        case .died(let name, let again): (.warning, "worker \(name) is gone; \(again) shards are dealt again")
        case .refused(let name, let reason): (.warning, "worker \(name) refused: \(reason)")
        case .ineligible(let name, let reason): (.error, "worker \(name) cannot do this job: \(reason)")
        case .abstains(let name, let reason): (.info, "worker \(name) takes no part in the merge: \(reason)")
        case .unconfirmed(let name, let shard, let images, let reason):
            (
                .warning,
                """
                worker \(name) can use none of the \(images) images of shard \(shard), the first: \(reason). Another worker \
                is asked, and this one waits
                """
            )
        case .abandoned(let name, let shard, let reason): (.error, "worker \(name) gave shard \(shard) up: \(reason)")
        case .breach(let name, _, let reason, let isLast):
            (
                .error,
                """
                worker \(name) broke the protocol: \(reason). Its shards are dealt again\
                \(isLast ? ", and it is not taken in any more" : "")
                """
            )
        case .distrusted(let name, let reason): (.error, "worker \(name) is not taken in any more: \(reason)")
        case .beganAnew(let name, _, let again):
            (.warning, "worker \(name) has begun anew; \(again) shards are dealt again")
        case .artifactsLost(let name, let shard, let said, let arrived):
            (
                .warning,
                "of \(said) maps and overlays of shard \(shard) that worker \(name) sent \(arrived) arrived: the shard is dealt again"
            )
        case .sawNothing(let name, let shard, let images, let reason):
            (
                .warning,
                """
                worker \(name) can use none of the \(images) images of shard \(shard), the first: \(reason). Does it see their \
                folder?
                """
            )
        case .dropped(let reason): (.warning, "dropped \(reason)")
        case .suspect(let shard, let deaths):
            (.warning, "\(deaths) workers died on shard \(shard); it is split to find the image")
        case .overdue(let shard, let name):
            (.info, "shard \(shard) takes long: worker \(name), which has nothing else to do, does it as well")
        case .ready, .worked, .unusable: nil
        }
    }

    /// Somebody computes with this set. Fused multiply-add gives the same bits on every set that has it; the baseline has none.
    mutating func expect(_ instructionSet: String, _ logger: Logger) {
        // A relay says what its workers have when it knows them.
        if RelayCore.isInstructionSet(instructionSet) || warnedOfBits { return }
        // Anybody may say any name.
        guard instructionSets.count < Self.mostInstructionSets || instructionSet == InstructionSet.baseline.rawValue
        else {
            return
        }
        instructionSets.insert(instructionSet)
        guard instructionSets.contains(InstructionSet.baseline.rawValue), instructionSets.count > 1 else { return }
        warnedOfBits = true
        let sets = instructionSets.sorted().joined(separator: ", ")
        if computesIntegers() {
            logger.warning(
                """
                processors differ (\(sets)): sums are the same on all of them, for the network computes in integers, but inverses \
                and scores may differ in their last bits; force --instruction-set baseline where these must be the same
                """)
        } else {
            logger.warning("processors give different bits (\(sets)); force --instruction-set baseline")
        }
    }
}
