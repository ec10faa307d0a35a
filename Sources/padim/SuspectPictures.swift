import Backbone
import Checkpoints
import Compute
import Foundation
import Gaussian
import Imaging
import Inspection
import Journal
import PaDiM
import Settings
import Storage

/// Overlays of a fit's own images, with maps by the model without each: computed here, from the images, by the leave-one-out
/// formula of the calibration.
struct SuspectPictures {
    private let model: GaussianModel
    let scaling: MapScaling
    private let weights: String

    /// Images in memory at a time.
    private static let batchSize = 8

    /// - Parameter weights: a file; nil: the one of the cache with the digest that the model names.
    /// - Throws: `InspectionError` where the job's model is not there; `CheckpointError` where there are no weights, or others.
    init(of journal: Journal, weights path: String?) throws {
        let file = journal.directory.model
        guard let digest = try journal.value(.model), (try? Digest(ofFile: file)) == digest else {
            throw InspectionError(
                "\(file) is not the model that the job made, or is gone; give the job's command once more, or leave overlays out with "
                    + "--overlays 0")
        }
        model = try GaussianModel(path: file)
        scaling = MapScaling(
            typical: try model.typicalDistance(), normal: model.calibration.map(NormalDistances.init), threshold: nil)
        let backbone = try Backbone.named(model.space.backbone)
        weights = try WeightsFinder(cache: .standard).find(
            path, for: backbone.name, digest: model.space.weights, normalization: model.space.input.normalization
        ).path
    }

    /// - Returns: a picture of each, in their order.
    /// - Throws: `OutOfMemory`, `BackboneError`, `GaussianError`.
    func make(_ suspects: [Suspects.Row], progress: (Int) -> Void) throws -> [SuspectsPage.Picture] {
        let crew = ThreadCrew(threads: ProcessInfo.processInfo.activeProcessorCount)
        let backbone = try Backbone.named(model.space.backbone)
        let embedder = try Embedder(
            space: model.space,
            weights: BackboneWeights(Checkpoint.open(weights), for: backbone, upTo: model.space.layers),
            instructionSet: .best, crew: crew, batchSize: Self.batchSize)
        let calibrator = try Calibrator(
            model: model, embedder: embedder, rules: [model.settings.imageScore],
            blurBorder: model.settings.blurBorder, leavesLotsOut: false, keepsMaps: true)
        let preprocessing = try Preprocessing(model.space.input)
        var pictures: [SuspectsPage.Picture] = []
        for first in stride(from: 0, to: suspects.count, by: Self.batchSize) {
            let batch = Array(suspects[first..<min(first + Self.batchSize, suspects.count)])
            var found = try measure(batch, with: calibrator)
            // `padim-coord calibrate` also scores images that the model does not have. By the model without them their scores are others,
            // or not finite.
            let others = batch.indices.filter { place in
                if case .success(let held)? = found[place] { return !Self.agree(held.image[0], batch[place].score) }
                return found[place] != nil
            }
            let outside = try measure(others.map { batch[$0] }, with: calibrator, areOutside: true)
            for (number, place) in others.enumerated() { found[place] = outside[number] }
            pictures += batch.indices.map { place in
                guard let result = found[place] else {
                    return .failure(.init(reason: "the job does not know the content that was folded"))
                }
                return picture(of: batch[place], result, preprocessing)
            }
            progress(pictures.count)
        }
        return pictures
    }

    /// - Parameter areOutside: whether the model does not have the images.
    /// - Returns: by their places; none for an image of which the job has no digest.
    private func measure(
        _ batch: [Suspects.Row], with calibrator: Calibrator, areOutside: Bool = false
    ) throws -> [Int: Result<CalibrationShard.Held, UnusableImage>] {
        let known = batch.indices.filter { batch[$0].digest != nil }
        guard !known.isEmpty else { return [:] }
        let found = Locked<[Int: Result<CalibrationShard.Held, UnusableImage>]>([:])
        let shard = CalibrationShard(
            images: known.map { batch[$0].location }, digests: known.compactMap { batch[$0].digest },
            scored: Array(known.indices), leavesLotOut: false, outside: areOutside ? Set(known.indices) : [],
            regions: known.map { batch[$0].region }
        ) { index, result in
            found.withLock { $0[known[index]] = result }
        } finished: { _ in
        }
        try calibrator.score(WorkSource([shard]))
        return found.withLock { $0 }
    }

    /// Whether two scores of an image are the same but for what another instruction set changes.
    private static func agree(_ one: Float, _ other: Float) -> Bool { abs(one - other) <= 1e-3 * max(one, other) }

    private func picture(
        of row: Suspects.Row, _ result: Result<CalibrationShard.Held, UnusableImage>, _ preprocessing: Preprocessing
    ) -> SuspectsPage.Picture {
        switch result {
        case .failure(let failure): return .failure(.init(reason: failure.reason))
        case .success(let held):
            guard Self.agree(held.image[0], row.score), let map = held.map else {
                return .failure(.init(reason: "its score is now another than the calibration's"))
            }
            do {
                let original = try preprocessing.original(row.location)
                return .success(
                    try Overlay.render(image: preprocessing.picture(of: original), map: map, range: scaling.colors))
            } catch {
                return .failure(.init(reason: "\(error)"))
            }
        }
    }
}
