import Cluster
import Compute
import Gaussian
import JobRules
import Storage

/// Ranges of patches of the fit's sums, merged by workers.
extension Coordinator {
    /// How the merge under way ended.
    enum MergeEnd: Sendable {
        /// All ranges are there.
        /// - isStillWritten: a worker that had a range and was given up may be writing in the files.
        case done(isStillWritten: Bool)
        /// No worker does it, or workers die of it.
        case declined
    }

    /// Has workers merge ranges, until all are taken by the target, or nobody does them.
    /// - Throws: what ends the job meanwhile.
    func merge(
        _ order: MergeOrder, _ ranges: [Range<Int>], _ pass: MergePass, into target: MergeTarget,
        instructionSet: InstructionSet?
    ) async throws -> MergeEnd {
        if let pendingError { throw pendingError }
        stageNumber += 1
        archive?.merge(into: (target, pass))
        defer { archive?.merge(into: nil) }
        let stage = Stage(number: stageNumber, work: .merge(order: order), instructionSet: instructionSet?.rawValue)
        let shards = ranges.enumerated().map { place, range in
            ShardRange(
                id: ShardID(rawValue: Int64(place + 1)), first: ImageID(rawValue: Int64(range.lowerBound)),
                count: range.count)
        }
        let toDo = ShardsToDo(
            shards: shards, lastShard: ShardID(rawValue: Int64(shards.count)), failures: 0, mostFailures: .max)
        return try await withCheckedThrowingContinuation { continuation in
            merging = continuation
            feed(.openStage(stage, toDo))
        }
    }

    /// Ends the merge under way.
    /// - Returns: whether there was one.
    func endMerge(_ end: Result<MergeEnd, any Error>) -> Bool {
        guard let ending = merging else { return false }
        merging = nil
        ending.resume(with: end)
        return true
    }
}

extension ShardRange {
    /// Of a merge: its images' places are those of patches.
    var patches: Range<Int> { Int(first.rawValue)..<Int(first.rawValue) + count }
}
