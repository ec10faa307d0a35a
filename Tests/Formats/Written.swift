import Compute
import Foundation
import Gaussian
import Journal
import Settings
import Storage
import Testing

/// What the fixtures hold, and how they are made. Everything here is fixed for ever: the files of a version are written by
/// the release that brings it, and later ones must read them.
enum Written {
    static let patches = 3
    static let dimension = 2
    /// The version of statistics and models that this release writes.
    static let newest = 3

    /// A file that an earlier release wrote.
    static func path(_ name: String) throws -> String {
        try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/" + name).path
    }

    static let weights = Digest(of: Array("weights".utf8))

    static func space(version: Int) throws -> FeatureSpace {
        let grid =
            version == 1
            ? try FixedPointGrid(channelExponents: [3, -1])
            : try FixedPointGrid(layers: .init(exponents: [3, -1], channels: [5, 5]), kept: [4, 9])
        return try FeatureSpace(
            backbone: "resnet18", weights: weights, layers: version == 1 ? ["layer1"] : ["layer1", "layer2"],
            channels: [4, 9], input: input(version: version), gridHeight: 1,
            gridWidth: patches, grid: grid)
    }

    /// A space of version 3 whose patches are the coarsest layer's.
    static func coarseSpace() throws -> FeatureSpace {
        let usual = try space(version: 2)
        return try FeatureSpace(
            backbone: usual.backbone, weights: usual.weights, layers: usual.layers, channels: usual.channels,
            input: usual.input, patchGrid: .coarsest, gridHeight: 1, gridWidth: patches, grid: usual.grid)
    }

    private static func input(version: Int) -> InputSettings {
        var input = InputSettings(height: 224, width: 192, resize: 256)
        if version >= 3 { (input.resizePrecision, input.normalization) = (.float, .imageNet) }
        return input
    }

    /// Four images whose numbers are small and unlike.
    static func statistics() throws -> Statistics {
        let statistics = try Statistics(patches: patches, dimension: dimension)
        for patch in 0..<patches {
            let rows = (0..<4).flatMap { image -> [Int32] in
                [Int32(100 * patch + image * image), Int32(7 - 3 * image * patch)]
            }
            try statistics.fold(rows, images: 4, patches: patch..<patch + 1)
        }
        statistics.didFold(images: 4, clamped: 1)
        return statistics
    }

    static func writeStatistics(version: Int = newest, to path: String) throws {
        try StatisticsFileWriter.write(statistics(), space: space(version: version), to: path)
    }

    static func settings(version: Int) -> ModelSettings {
        ModelSettings(epsilon: 0.01, blurBorder: version >= 3 ? .mirror : .repeatingEdge)
    }

    static func writeModel(from statistics: String, version: Int = newest, to path: String) throws {
        try ModelBuilder.build(
            from: StatisticsFile(path: statistics), settings(version: version), to: path,
            crew: ThreadCrew(threads: 1),
            instructionSet: .baseline)
    }

    static let shrunk = ModelSettings(
        epsilon: 0.01, shrinkage: .pooled(images: 30), imageScore: .top(percent: 1))

    /// Sums and a model with all that the recipe `lean` brought.
    static func writeLean(statistics: String, model: String) throws {
        try StatisticsFileWriter.write(self.statistics(), space: coarseSpace(), to: statistics)
        try ModelBuilder.build(
            from: StatisticsFile(path: statistics), shrunk, to: model, crew: ThreadCrew(threads: 2),
            instructionSet: .baseline)
    }

    /// Of 35 pixels those whose number is a multiple of three.
    static var region: RegionOfInterest {
        get throws {
            try #require(RegionOfInterest(width: 7, height: 5, counts: (0..<35).map { $0.isMultiple(of: 3) }))
        }
    }

    /// A model of version 3 that says which pixels of images count.
    static func writeModelOfRegion(from statistics: String, to path: String) throws {
        try ModelBuilder.build(
            from: StatisticsFile(path: statistics), ModelSettings(epsilon: 0.01, region: region), to: path,
            crew: ThreadCrew(threads: 1), instructionSet: .baseline)
    }

    static let job = JobRecord(
        kind: .run, settings: ["backbone": "resnet18", "epsilon": "0.01"],
        lists: [.normal: Digest(of: [1]), .inspect: Digest(of: [2])])

    static let partial = PartialRecord(file: "7.safetensors", images: 3, clamped: 5, digest: Digest(of: [7]))

    /// A job half done: one shard of normal images committed, whose lot is kept apart, one inspected.
    static func writeJob(to folder: String) throws {
        let journal = try Journal.open(JobDirectory(folder), job: job)
        _ = try journal.beginEpoch()
        func images(_ kind: String, _ count: Int) -> [ImageRecord] {
            (0..<count).map {
                ImageRecord(
                    path: "\(kind)/\($0).png", location: .file("/\(kind)/\($0).png"), output: "\(kind)/\($0)",
                    region: kind == "new" ? .file("/regions/\($0).png") : nil)
            }
        }
        try journal.register(
            images("good", 8), role: .normal, shards: [NewShard(images: 4, lot: 1), NewShard(images: 4)])
        try journal.register(images("new", 4), role: .inspect, shardSize: 2)
        let failure = ImageFailure(id: 2, reason: "torn")
        try journal.commit(partial: partial, shards: [1], role: .normal, failures: [failure])
        let results = [
            ImageResult(
                image: 9, score: 2.5, maxRow: 3, maxColumn: 4, imageRow: 30, imageColumn: 40, flagged: true,
                mapPath: "maps/new/0.png"),
            ImageResult(poison: ImageFailure(id: 10, reason: "died")),
        ]
        try journal.commitResults(shard: 3, role: .inspect, results: results)
        try journal.set(.phase, to: .inspecting)
        try journal.set(.threshold, to: 2.25)
        try journal.close()
    }
}
