import Cluster
import Storage

/// Maps and overlays: they wait under names by their lease, and get their own when the results of their shard are about to count.
extension ArchiveWork {
    mutating func look(
        _ shard: ShardID, _ order: InspectionOrder, _ waiting: WaitingArtifacts, of worker: String?
    ) throws -> Result {
        guard !waiting.artifacts.isEmpty else { return .done }
        let outputs = try outputs(ofShard: shard)
        func refusal(_ artifact: ArtifactOfImage, _ reason: String) -> Result {
            let what = "it says that it wrote the \(artifact.kind.rawValue) of image \(artifact.image)"
            return .refused(.resultsRefused(shard: shard, reason: "\(what), \(reason)"))
        }
        for artifact in waiting.artifacts {
            guard let output = outputs[artifact.image] else {
                return refusal(artifact, "which is not one of shard \(shard)")
            }
            guard let place = order.path(of: artifact.kind, output: output) else { continue }
            let isWaitedFor = worker == nil || worker != workerWithMissing
            guard files.hasArtifact(place, under: waiting.lease, isWaitedFor: isWaitedFor) else {
                workerWithMissing = worker
                return refusal(artifact, "and \(JobLayout.waiting(place, under: waiting.lease)) is not there")
            }
        }
        if worker == workerWithMissing { workerWithMissing = nil }
        return .done
    }

    mutating func name(_ shard: ShardID, _ order: InspectionOrder, _ waiting: WaitingArtifacts) throws {
        let outputs = try outputs(ofShard: shard)
        for artifact in waiting.artifacts {
            guard let output = outputs[artifact.image], let place = order.path(of: artifact.kind, output: output) else {
                continue
            }
            try files.nameArtifact(place, under: waiting.lease)
        }
    }

    /// Removes what was written under a lease that is over.
    mutating func drop(_ shard: ShardID, _ lease: LeaseID, _ order: InspectionOrder) throws {
        for output in try outputs(ofShard: shard).values {
            for place in Artifact.allCases.compactMap({ order.path(of: $0, output: output) }) {
                files.dropArtifact(place, under: lease)
            }
        }
    }

    /// Where the artifacts of a shard's images go, by image.
    mutating func outputs(ofShard shard: ShardID) throws -> [ImageID: String] {
        if let outputs, outputs.shard == shard { return outputs.ofImages }
        let images = try journal.images(ofShard: shard)
        let found = Dictionary(images.map { ($0.id, $0.record.output) }) { first, _ in first }
        outputs = (shard, found)
        return found
    }
}
