import Cluster
import Gaussian
import PaDiM

/// Folds images into sums.
final class AccumulationRunner: StageRunner {
    private let fitter: Fitter

    var sums: Statistics? { fitter.statistics }
    var clock: CrewClock? { fitter.clock }

    init(embedder: Embedder) throws { fitter = try Fitter(embedder: embedder) }

    func work(_ shards: WorkSource<DealtShard>) throws {
        try fitter.fold(
            shards.map { shard in
                FittingShard(images: shard.locations) { folded in
                    shard.report(
                        .folded(
                            failures: folded.failures.named(in: shard.images),
                            contents: shard.images.indices.compactMap { folded.digests[$0] }))
                }
            })
    }
}
