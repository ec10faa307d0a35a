import Cluster
import Gaussian
import PaDiM

/// Embeds images that others have folded, and tells the fingerprints of their features.
final class AuditRunner: StageRunner {
    private let fitter: Fitter

    var clock: CrewClock? { fitter.clock }

    init(embedder: Embedder, audit: AuditOrder) throws {
        fitter = try Fitter(embedder: embedder, fingerprintSeed: audit.seed, isFolding: false)
    }

    func work(_ shards: WorkSource<DealtShard>) throws {
        try fitter.fold(
            shards.map { shard in
                FittingShard(images: shard.locations) { found in
                    shard.report(
                        .audited(
                            failures: found.failures.named(in: shard.images),
                            contents: shard.images.indices.compactMap { found.digests[$0] },
                            fingerprint: found.fingerprint ?? .zero))
                }
            })
    }
}
