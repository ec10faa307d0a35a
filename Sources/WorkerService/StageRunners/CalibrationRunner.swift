import Cluster
import Foundation
import Gaussian
import PaDiM
import Settings
import Storage

/// Scores a model's own images by models without them.
final class CalibrationRunner: StageRunner {
    private let calibrator: Calibrator
    private let leavesLotsOut: Bool

    private let scoresByLot: Bool

    /// - Parameter withoutLot: the model without the lot that all images are of, where there is one.
    init(
        model: GaussianModel, embedder: Embedder, order: CalibrationOrder, withoutLot: GaussianModel?
    ) throws {
        let rules = try order.rules.map { text in
            guard let rule = ImageScore(text) else { throw StageError("scores by '\(text)' are not known here") }
            return rule
        }
        leavesLotsOut = order.leavesLotsOut
        scoresByLot = order.leavesLotsOut || withoutLot != nil
        calibrator = try Calibrator(
            model: model, embedder: embedder, rules: rules, blurBorder: order.blurBorder,
            leavesLotsOut: order.leavesLotsOut, withoutLot: withoutLot)
    }

    var clock: CrewClock? { calibrator.clock }

    /// - Throws: also where an image is not what it was when it was folded: a model's calibration is of all its images or of none.
    func work(_ shards: WorkSource<DealtShard>) throws {
        let (leavesLotsOut, scoresByLot) = (leavesLotsOut, scoresByLot)
        try calibrator.score(
            shards.map { shard in
                let digests = try shard.images.map { image in
                    guard let digest = image.digest else {
                        throw StageError("image \(image.id) came without the digest of its content")
                    }
                    return digest
                }
                let scored = shard.images.indices.filter { !shard.images[$0].isContext }
                let outside = Set(shard.images.indices.filter { shard.images[$0].isOutside })
                guard outside.isEmpty || !leavesLotsOut else {
                    throw StageError("an image that the model does not have came in a lot that is to be left out of it")
                }
                let results = Locked<[Int: CalibrationShard.Held]>([:])
                return CalibrationShard(
                    images: shard.locations, digests: digests, scored: scored, leavesLotOut: leavesLotsOut,
                    outside: outside, regions: shard.regions
                ) { index, result in
                    switch result {
                    case .success(let held): results.withLock { $0[index] = held }
                    case .failure(let failure):
                        throw StageError(
                            "\(failure). It is one of the calibration's images and cannot be scored: restore it, or fit with --calibrate none"
                        )
                    }
                } finished: { whole in
                    let found = results.withLock { results in scored.compactMap { results[$0] } }
                    let outcomes = zip(scored, found).map { index, held in
                        ImageOutcome(
                            id: shard.images[index].id, score: held.image[0], maxRow: held.maxRow,
                            maxColumn: held.maxColumn, flagged: nil)
                    }
                    shard.report(
                        .calibrated(
                            outcomes,
                            CalibrationPayload(
                                scores: found.map(\.image), lotScores: scoresByLot ? found.map { $0.lot ?? [] } : nil,
                                sums: whole.sums, lotMean: whole.lotMean)))
                }
            })
    }
}
