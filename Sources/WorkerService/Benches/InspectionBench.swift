import Cluster
import Foundation
import Gaussian
import Imaging
import PaDiM

/// Scores images, and writes or sends their maps and overlays.
final class InspectionBench: Bench {
    private let scorer: Scorer
    private let order: InspectionOrder
    private let pictures: PictureMaker
    private let desk: PictureDesk

    init(model: GaussianModel, embedder: Embedder, order: InspectionOrder) throws {
        self.order = order
        guard let size = MapSize(rawValue: order.mapSize), let border = BlurBorder(rawValue: order.blurBorder) else {
            throw LabourError("maps of size '\(order.mapSize)' and border '\(order.blurBorder)' are not known here")
        }
        scorer = try Scorer(
            model: model, embedder: embedder,
            settings: ScoreSettings(
                imageScore: order.topPercent.map { .top(percent: $0) } ?? .max,
                blurBorder: border, mapSize: size))
        pictures = try PictureMaker(order: order, space: model.space, size: size)
        desk = PictureDesk(order: order)
    }

    var clock: CrewClock? { scorer.clock }

    func work(_ shards: Supply<DealtShard>) throws {
        let (order, pictures, desk) = (order, pictures, desk)
        try scorer.score(
            shards.map { shard in
                let results = Results(count: shard.images.count)
                return ScoringPortion(files: shard.files) { index, result in
                    let task = shard.images[index]
                    switch result {
                    case .failure(let failure): results.set(index, ImageOutcome(id: task.id, failure: failure.reason))
                    case .success(let scored):
                        let flagged = order.threshold.map { scored.score >= $0 }
                        for (kind, bytes) in try pictures.make(of: scored, task, flagged: flagged ?? false) {
                            results.count(wasSent: try desk.put(kind, bytes, of: task, send: shard.send))
                        }
                        results.set(
                            index,
                            ImageOutcome(
                                id: task.id, score: scored.score, maxRow: scored.maxRow, maxColumn: scored.maxColumn,
                                flagged: flagged))
                    }
                } finished: {
                    if results.hasWritten { try desk.sync() }
                    shard.report(.scored(results.outcomes, pictures: results.sent))
                }
            })
    }
}

/// A shard's outcomes, gathered from several threads.
private final class Results: @unchecked Sendable {
    private let lock = NSLock()
    private var found: [ImageOutcome?]
    private var (sentPictures, writtenPictures) = (0, 0)

    init(count: Int) { found = Array(repeating: nil, count: count) }

    func set(_ index: Int, _ outcome: ImageOutcome) { lock.withLock { found[index] = outcome } }
    func count(wasSent: Bool) { lock.withLock { if wasSent { sentPictures += 1 } else { writtenPictures += 1 } } }
    var outcomes: [ImageOutcome] { lock.withLock { found.compactMap { $0 } } }
    var sent: Int { lock.withLock { sentPictures } }
    var hasWritten: Bool { lock.withLock { writtenPictures > 0 } }
}
