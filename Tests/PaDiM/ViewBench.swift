import Compute
import Foundation
import Gaussian
import Imaging
import PaDiM
import Settings
import Storage
import TestSupport
import Testing

/// Spaces whose images give several inputs of the network, on a small one, and what tests do with them.
struct ViewBench {
    let folder: TemporaryFolder
    let plain: SmallNetwork
    static let augmentation = Augmentation(rotation: 10, cropsRandomly: true, seed: 5, copies: 3)
    static let tiling = Tiling(side: 48, overlap: 6)

    init() throws {
        folder = try TemporaryFolder()
        plain = try SmallNetwork()
    }

    func space(_ change: (inout InputSettings) -> Void) throws -> FeatureSpace {
        var options = plain.options
        change(&options.input)
        return try options.space(weights: plain.space.weights)
    }

    var augmented: FeatureSpace {
        get throws {
            try space {
                ($0.resize, $0.crop) = (70, 64)
                $0.augmentation = Self.augmentation
            }
        }
    }
    var tiled: FeatureSpace { get throws { try space { $0.tiling = Self.tiling } } }
    var positioned: FeatureSpace {
        get throws {
            try space {
                $0.tiling = Self.tiling
                $0.tiling?.imageSize = .init(width: 100, height: 80)
            }
        }
    }

    var spaces: [FeatureSpace] { get throws { try [augmented, tiled, positioned] } }

    func fitter(_ space: FeatureSpace, threads: Int = 2, batch: Int? = nil) throws -> Fitter {
        try Fitter(
            embedder: Embedder(
                space: space, weights: plain.weights, instructionSet: .best, crew: ThreadCrew(threads: threads),
                batchSize: batch))
    }

    func write(_ image: RGBImage, _ name: String) throws -> ImageLocation {
        let path = folder[name + ".png"]
        try Data(PNGEncoder.encode(image)).write(to: URL(fileURLWithPath: path))
        return .file(path)
    }

    /// The tiles of an image, row by row, as files.
    func tiles(_ location: ImageLocation, _ name: String) throws -> [ImageLocation] {
        let image = try ImageDecoder.decode(location)
        let columns = Self.tiling.starts(along: image.width)
        return try Self.tiling.starts(along: image.height).flatMap { top in
            try columns.map { left in
                try write(image.part(left: left, top: top, width: 48, height: 48), "\(name)-\(top)-\(left)")
            }
        }
    }

    func photographs(_ count: Int, width: Int = 100, height: Int = 80) throws -> [ImageLocation] {
        try Photographs.write(count, into: folder, width: width, height: height).map { .file($0) }
    }

    func model(_ space: FeatureSpace, _ files: [ImageLocation], epsilon: Double = 4) throws -> GaussianModel {
        let fitter = try fitter(space)
        #expect(try fitter.fold(files).isEmpty)
        let name = "model\(UUID())"
        try StatisticsFileWriter.write(fitter.statistics, space: space, to: folder[name + "-sums"])
        try ModelBuilder.build(
            from: StatisticsFile(path: folder[name + "-sums"]), epsilon: epsilon, to: folder[name],
            crew: ThreadCrew(threads: 2))
        let model = try GaussianModel(path: folder[name])
        #expect(model.count == files.count && model.samples == fitter.statistics.samples)
        return model
    }

    func scores(
        _ model: GaussianModel, _ files: [ImageLocation], threads: Int = 2, batch: Int? = nil,
        _ settings: ScoreSettings = ScoreSettings()
    ) throws -> [ScoredImage] {
        let embedder = try Embedder(
            space: model.space, weights: plain.weights, instructionSet: .best, crew: ThreadCrew(threads: threads),
            batchSize: batch)
        let found = Locked<[Int: ScoredImage]>([:])
        try Scorer(model: model, embedder: embedder, settings: settings).score(files) { index, result in
            let scored = try result.get()
            found.withLock { $0[index] = scored }
        }
        return found.withLock { found in files.indices.compactMap { found[$0] } }
    }

    func held(
        _ model: GaussianModel, _ files: [ImageLocation], threads: Int = 2, outside: Set<Int> = [],
        withoutLot: GaussianModel? = nil
    ) throws -> (images: [Int: CalibrationShard.Held], sums: [Int64]) {
        let found = Locked<([Int: CalibrationShard.Held], [Int64])>(([:], []))
        let embedder = try Embedder(
            space: model.space, weights: plain.weights, instructionSet: .best, crew: ThreadCrew(threads: threads),
            batchSize: files.count)
        let calibrator = try Calibrator(
            model: model, embedder: embedder, rules: [.max], blurBorder: .repeatingEdge, leavesLotsOut: false,
            withoutLot: withoutLot)
        let digests = try files.map {
            try Data(contentsOf: URL(fileURLWithPath: $0.text)).withUnsafeBytes { ContentDigest(of: $0) }
        }
        try calibrator.score(
            WorkSource([
                CalibrationShard(
                    images: files, digests: digests, scored: Array(files.indices), leavesLotOut: false, outside: outside
                ) { index, result in
                    let held = try result.get()
                    found.withLock { $0.0[index] = held }
                } finished: { whole in
                    found.withLock { $0.1 = whole.sums }
                }
            ]))
        let (images, sums) = found.withLock { $0 }
        return (images, sums)
    }
}
