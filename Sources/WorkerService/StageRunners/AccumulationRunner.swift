import Cluster
import Gaussian
import PaDiM

/// Folds images into sums.
final class AccumulationRunner: StageRunner {
    private let fitter: Fitter
    let sumsFile: SumsFile?
    private let tellsFingerprints: Bool

    var sums: Statistics? { fitter.statistics }
    var clock: CrewClock? { fitter.clock }

    /// - Parameter folder: where the sums may be written.
    /// - Parameter audit: what fingerprints are made by; nil where none are told.
    init(embedder: Embedder, folder: SharedFolder?, audit: AuditOrder?) throws {
        fitter = try Fitter(embedder: embedder, fingerprintSeed: audit?.seed, isFolding: true)
        tellsFingerprints = audit != nil
        sumsFile = SumsFile(in: folder, space: embedder.space)
    }

    func work(_ shards: WorkSource<DealtShard>) throws {
        let tells = tellsFingerprints
        try fitter.fold(
            shards.map { shard in
                FittingShard(images: shard.locations) { folded in
                    shard.report(
                        .folded(
                            failures: folded.failures.named(in: shard.images),
                            contents: shard.images.indices.compactMap { folded.digests[$0] },
                            fingerprint: tells ? folded.fingerprint ?? .zero : nil))
                }
            })
    }
}
