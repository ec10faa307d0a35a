import Cluster
import PaDiM

/// Finds the digests of images' contents.
final class IdentificationRunner: StageRunner {
    private let identifier: ImageIdentifier

    init(identifier: ImageIdentifier) { self.identifier = identifier }

    func work(_ shards: WorkSource<DealtShard>) throws {
        while let shard = try shards.next() {
            let found = try identifier.identify(shard.locations)
            shard.report(
                .identified(
                    failures: found.failures.named(in: shard.images),
                    contents: shard.images.indices.compactMap { found.digests[$0] }))
        }
    }
}
