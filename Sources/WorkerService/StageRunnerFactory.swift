import Backbone
import Checkpoints
import Cluster
import Compute
import Gaussian
import ImageAccess
import PaDiM
import Storage

/// Sets up what a stage needs: weights are read, the engine is planned, the model is mapped.
///
/// Used from one thread at a time.
final class StageRunnerFactory {
    let instructionSet: InstructionSet
    private let crew: ThreadCrew
    private let reader: ImageReader
    /// The last stage's, since the next one often needs the same.
    private var kept: Embedder?

    var threads: Int { crew.threads }

    /// - Parameter instructionSet: nil: the best that runs here.
    init(threads: Int, instructionSet: InstructionSet?, reader: ImageReader) throws {
        self.reader = reader
        self.instructionSet = try instructionSet.map { try Self.known($0.rawValue) } ?? .best
        crew = ThreadCrew(threads: threads)
    }

    /// - Parameter blobs: where the stage's blobs lie.
    func setUp(_ stage: Stage, blobs: [Digest: String]) throws -> any StageRunner {
        func path(_ blob: Blob) throws -> String {
            guard let path = blobs[blob.digest] else { throw StageError("blob \(blob.digest) is not here") }
            return path
        }
        let set = try stage.instructionSet.map { try Self.known($0) } ?? instructionSet
        switch stage.work {
        case .accumulate(let space, let weights, let folder, let audit):
            return try AccumulationRunner(
                embedder: embedder(space, path(weights), set), folder: folder, audit: audit)
        case .audit(let space, let weights, let audit):
            return try AuditRunner(embedder: embedder(space, path(weights), set), audit: audit)
        case .inspect(let modelBlob, let weights, let order):
            let model = try GaussianModel(path: path(modelBlob))
            return try InspectionRunner(model: model, embedder: embedder(model.space, path(weights), set), order: order)
        case .calibrate(let space, let modelBlob, let weights, let order, let withoutLot):
            guard (1...Self.largestShard).contains(order.largest) else {
                throw StageError("shards of \(order.largest) images are more than are calibrated together")
            }
            let model = try GaussianModel(path: path(modelBlob))
            return try CalibrationRunner(
                model: model, embedder: embedder(space, path(weights), set, batchSize: order.largest), order: order,
                withoutLot: withoutLot.map { try GaussianModel(path: path($0)) })
        case .identify(let space):
            return IdentificationRunner(identifier: try ImageIdentifier(space: space, crew: crew, reader: reader))
        case .merge(let order):
            return try MergeRunner(order, pooled: order.pooled.map(path), crew: crew, instructionSet: set)
        }
    }

    private static let largestShard = 1 << 12
    /// An embedder for batches of fewer images, as a calibration may have, is too slow for other stages.
    private static let worthKeeping = 16

    /// - Parameter batchSize: nil: as many images as pay.
    private func embedder(
        _ space: FeatureSpace, _ path: String, _ set: InstructionSet, batchSize: Int? = nil
    ) throws -> Embedder {
        if let kept, kept.space == space, kept.instructionSet == set,
            batchSize.map({ $0 == kept.batchSize }) ?? (kept.batchSize >= Self.worthKeeping)
        {
            return kept
        }
        kept = nil
        let backbone = try Backbone.named(space.backbone)
        let weights = try BackboneWeights(Checkpoint.open(path), for: backbone, upTo: space.layers)
        let embedder = try Embedder(
            space: space, weights: weights, instructionSet: set, crew: crew, batchSize: batchSize,
            reader: reader)
        kept = embedder
        return embedder
    }

    private static func known(_ name: String) throws -> InstructionSet {
        guard let set = InstructionSet(rawValue: name), set.runsHere else {
            let here = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
            throw StageError("the instruction set '\(name)' does not run on this processor, which has \(here)")
        }
        return set
    }
}
