import Cluster
import Compute
import Foundation
import Gaussian
import PaDiM
import Storage

/// Adds sums up and inverts covariances, range by range, in the job's directory.
final class MergeRunner: StageRunner {
    private let merge: RangeMerge

    /// - Parameter pooled: where the order's blob lies.
    /// - Throws: `StageError` where this machine does not see the job's directory, or gives other bits than are asked for; what is wrong with
    ///   the files there.
    init(_ order: MergeOrder, pooled: String?, crew: ThreadCrew, instructionSet: InstructionSet) throws {
        let directory = order.folder.directory
        guard order.folder.goesOn else {
            throw StageError("it does not see the job's directory \(directory), or the job is over")
        }
        guard order.fused == (instructionSet != .baseline) else {
            throw StageError("the instruction set \(instructionSet.rawValue) gives other bits than the coordinator's")
        }
        func path(_ name: String) throws -> String {
            guard !name.utf8.contains(UInt8(ascii: "/")) else { throw StageError("\(name) is no name of a file") }
            return "\(directory)/\(name)"
        }
        merge = try RangeMerge(
            of: order.files.map { ($0.path, $0.digest) }, statistics: path(order.statistics),
            model: try order.model.map(path),
            pooled: try pooled.map { try MappedFile(path: $0).withBytes { Array($0) } }, crew: crew,
            instructionSet: instructionSet)
    }

    func work(_ shards: WorkSource<DealtShard>) throws {
        while let shard = try shards.next() {
            guard let patches = shard.patches else { throw StageError("images were dealt, where patches are due") }
            shard.report(.merged(try merge.merge(patches)))
        }
    }
}
