import Backbone
import Checkpoints
import Compute
import Foundation
import Gaussian
import Imaging
import PaDiM
import Storage
import Terminal

/// The sums of a list's images, in the feature space of other sums: computed here, on all cores.
struct ImageSums {
    let space: FeatureSpace
    private let weights: BackboneWeights
    private let instructionSet: InstructionSet

    /// Images that go through the network between two looks at how far it is.
    private static let shardSize = 64

    /// - Parameters:
    ///   - header: of the sums whose feature space it is to be.
    ///   - weights: a file; nil: the one of the cache with the digest that the space names.
    /// - Throws: where there are no weights, or others than those that the space names.
    init(like header: StatisticsHeader, weights path: String?, instructionSet: InstructionSet) throws {
        (space, self.instructionSet) = (header.space, instructionSet)
        let backbone = try Backbone.named(space.backbone)
        let found = try WeightsFinder(cache: .standard).find(
            path, for: backbone.name, digest: space.weights, normalization: space.input.normalization)
        let checkpoint = try Checkpoint.open(found.path)
        guard checkpoint.digest == space.weights else {
            throw CheckpointError(found.path, "was changed while it was read")
        }
        weights = try BackboneWeights(checkpoint, for: backbone, upTo: space.layers)
    }

    /// Folds the images and writes their sums.
    /// - Throws: `CommandFailure` where an image cannot be used; `GaussianError`, `StorageError`, `OutOfMemory`.
    func write(_ images: [ImageLocation], to path: String) throws {
        let crew = ThreadCrew(threads: ProcessInfo.processInfo.activeProcessorCount)
        let embedder = try Embedder(space: space, weights: weights, instructionSet: instructionSet, crew: crew)
        let fitter = try Fitter(embedder: embedder)
        var line = ProgressLine()
        var failures: [UnusableImage] = []
        var contents: [ContentDigest] = []
        for first in stride(from: 0, to: images.count, by: Self.shardSize) {
            let end = min(first + Self.shardSize, images.count)
            let outcome = try fitter.outcome(ofFolding: Array(images[first..<end]))
            failures += outcome.failures
            contents += outcome.digests.values
            line.follow("fold", done: end, of: images.count)
        }
        if let first = failures.first {
            throw CommandFailure(
                "\(failures.count) of \(images.count) images cannot be read, the first is \(first); mend them, or take them off the list"
            )
        }
        try StatisticsFileWriter.write(fitter.statistics, space: space, images: ImageMultiset(contents), to: path)
    }
}

/// What a command was right to ask for, and did not get.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
