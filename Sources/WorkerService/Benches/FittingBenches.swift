import Cluster
import Gaussian
import PaDiM

/// Finds the largest magnitude of each kept channel.
final class CalibrationBench: Bench {
    private let calibrator: Calibrator

    init(embedder: Embedder) { calibrator = Calibrator(embedder: embedder) }

    func work(_ images: [ImageTask], send: @escaping SendPicture) throws -> ShardReport {
        let (maxima, failures) = try calibrator.maxima(images.map(\.file))
        return .calibrated(maxima: maxima, failures: failures.named(in: images))
    }
}

/// Folds images into sums.
final class AccumulationBench: Bench {
    private let fitter: Fitter

    var sums: Statistics? { fitter.statistics }

    init(embedder: Embedder, grid: FixedPointGrid) throws { fitter = try Fitter(embedder: embedder, grid: grid) }

    func work(_ images: [ImageTask], send: @escaping SendPicture) throws -> ShardReport {
        .folded(failures: try fitter.fold(images.map(\.file)).named(in: images))
    }
}
