import Cluster
import Gaussian
import PaDiM

/// Folds images into sums.
final class AccumulationRunner: StageRunner {
    private let fitter: Fitter
    let sumsFile: SumsFile?

    var sums: Statistics? { fitter.statistics }
    var clock: CrewClock? { fitter.clock }

    /// - Parameter folder: where the sums may be written.
    init(embedder: Embedder, folder: SharedFolder?) throws {
        fitter = try Fitter(embedder: embedder)
        sumsFile = SumsFile(in: folder, space: embedder.space)
    }

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
