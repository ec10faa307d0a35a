import Cluster
import Foundation
import Gaussian
import Imaging
import PaDiM

/// Scores images, and writes or sends their maps and overlays.
final class InspectionRunner: StageRunner {
    private let scorer: Scorer
    private let reporter: OutcomeReporter

    init(model: GaussianModel, embedder: Embedder, order: InspectionOrder) throws {
        scorer = try Scorer(
            model: model, embedder: embedder, settings: order.settings.scoring, isDigesting: order.tellsContents)
        reporter = try OutcomeReporter(order: order, space: model.space, reader: embedder.reader)
    }

    var clock: CrewClock? { scorer.clock }

    func work(_ shards: WorkSource<DealtShard>) throws {
        let reporter = reporter
        try scorer.score(
            shards.map { shard in
                let results = Results(count: shard.images.count)
                return ScoringShard(images: shard.locations, regions: shard.regions) { index, result in
                    let task = shard.images[index]
                    switch result {
                    case .failure(let failure):
                        results.set(index, ImageOutcome(id: task.id, failure: failure.reason))
                    case .success(let scored):
                        let (outcome, artifacts) = try reporter.outcome(
                            of: scored, task, under: shard.lease, send: shard.send)
                        results.set(index, outcome, artifacts)
                    }
                } finished: {
                    try reporter.sync(hasWritten: results.hasWritten)
                    shard.report(.scored(results.outcomes, pictures: results.sent))
                }
            })
    }
}

/// A shard's outcomes, gathered from several threads.
private final class Results: @unchecked Sendable {
    private let lock = NSLock()
    private var found: [ImageOutcome?]
    private var artifacts = ArtifactCount()

    init(count: Int) { found = Array(repeating: nil, count: count) }

    func set(_ index: Int, _ outcome: ImageOutcome, _ artifacts: ArtifactCount = ArtifactCount()) {
        lock.withLock {
            found[index] = outcome
            self.artifacts.sent += artifacts.sent
            self.artifacts.written += artifacts.written
        }
    }
    var outcomes: [ImageOutcome] { lock.withLock { found.compactMap { $0 } } }
    var sent: Int { lock.withLock { artifacts.sent } }
    var hasWritten: Bool { lock.withLock { artifacts.written > 0 } }
}
