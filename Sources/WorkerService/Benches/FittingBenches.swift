import Cluster
import Gaussian
import PaDiM

/// Finds the largest magnitude of each kept channel.
final class CalibrationBench: Bench {
    private let calibrator: Calibrator

    init(embedder: Embedder) { calibrator = Calibrator(embedder: embedder) }

    func work(_ shards: Supply<DealtShard>) throws {
        while let shard = try shards.next() {
            let (maxima, failures) = try calibrator.maxima(shard.files)
            shard.report(.calibrated(maxima: maxima, failures: failures.named(in: shard.images)))
        }
    }
}

/// Folds images into sums.
final class AccumulationBench: Bench {
    private let fitter: Fitter

    var sums: Statistics? { fitter.statistics }
    var clock: CrewClock? { fitter.clock }

    init(embedder: Embedder, grid: FixedPointGrid) throws { fitter = try Fitter(embedder: embedder, grid: grid) }

    func work(_ shards: Supply<DealtShard>) throws {
        try fitter.fold(
            shards.map { shard in
                FittingPortion(files: shard.files) { shard.report(.folded(failures: $0.named(in: shard.images))) }
            })
    }
}
