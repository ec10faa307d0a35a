import Compute
import Foundation
import Gaussian
import PaDiM
import Settings
import Storage
import TestSupport
import Testing

/// Scores by models without an image, or without a lot, beside those of models that are fitted without them.
@Suite struct CalibratorTests {
    private let folder: TemporaryFolder
    private let network: SmallNetwork
    private let files: [ImageLocation]
    private let digests: [ContentDigest]
    private static let rules: [ImageScore] = [.max, .top(percent: 1)]
    private static let epsilon = 4.0

    init() throws {
        folder = try TemporaryFolder()
        network = try SmallNetwork()
        let paths = try Photographs.write(30, into: folder)
        files = paths.map { .file($0) }
        digests = try paths.map {
            try Data(contentsOf: URL(fileURLWithPath: $0)).withUnsafeBytes { ContentDigest(of: $0) }
        }
    }

    private func embedder(threads: Int = 2, batch: Int = 30) throws -> Embedder {
        try Embedder(
            space: network.space, weights: network.weights, instructionSet: .best, crew: ThreadCrew(threads: threads),
            batchSize: batch)
    }

    private func model(_ chosen: [Int], epsilon: Double = epsilon) throws -> GaussianModel {
        let fitter = try Fitter(embedder: embedder())
        #expect(try fitter.fold(chosen.map { files[$0] }).isEmpty)
        try StatisticsFileWriter.write(fitter.statistics, space: network.space, to: folder["statistics"])
        let path = folder["model-\(chosen.count)-\(UUID())"]
        try ModelBuilder.build(
            from: StatisticsFile(path: folder["statistics"]), epsilon: epsilon, to: path, crew: ThreadCrew(threads: 2))
        return try GaussianModel(path: path)
    }

    private struct Calibrated: Equatable {
        var images: [Int: CalibrationShard.Held] = [:]
        var failures: [Int: String] = [:]
        var wholes: [CalibrationShard.Whole] = []
    }

    private func calibrate(
        _ model: GaussianModel, _ shards: [(images: [Int], scored: Range<Int>, lot: Bool)], threads: Int = 2,
        batch: Int = 30, files: [ImageLocation]? = nil, withoutLot: GaussianModel? = nil
    ) throws -> Calibrated {
        let files = files ?? self.files
        let found = Locked(Calibrated())
        let calibrator = try Calibrator(
            model: model, embedder: embedder(threads: threads, batch: batch), rules: Self.rules,
            blurBorder: .repeatingEdge, leavesLotsOut: shards.contains { $0.lot }, withoutLot: withoutLot)
        try calibrator.score(
            WorkSource(
                shards.map { shard in
                    CalibrationShard(
                        images: shard.images.map { files[$0] }, digests: shard.images.map { digests[$0] },
                        scored: Array(shard.scored), leavesLotOut: shard.lot
                    ) { index, result in
                        found.withLock {
                            switch result {
                            case .success(let held): $0.images[shard.images[index]] = held
                            case .failure(let failure): $0.failures[shard.images[index]] = failure.reason
                            }
                        }
                    } finished: { whole in
                        found.withLock { $0.wholes.append(whole) }
                    }
                }))
        return found.withLock { $0 }
    }

    private func scores(_ image: Int, _ model: GaussianModel) throws -> [Float] {
        try Self.rules.map { rule in
            let score = Locked<Float>(0)
            try Scorer(model: model, embedder: embedder(), settings: ScoreSettings(imageScore: rule))
                .score([files[image]]) { _, result in
                    let found = try result.get().score
                    score.withLock { $0 = found }
                }
            return score.withLock { $0 }
        }
    }

    private func expectNear(_ found: [Float], _ expected: [Float], _ bound: Float) {
        for (a, b) in zip(found, expected) { #expect(abs(a / b - 1) < bound, "\(found) beside \(expected)") }
    }

    @Test func scoresAreThoseOfModelsWithoutTheImageAndWithoutTheLot() throws {
        let lot = [3, 8, 29]
        let found = try calibrate(model(Array(0..<30)), [(lot, 0..<3, true)])
        #expect(found.failures.isEmpty && found.images.count == 3)
        let withoutLot = try model((0..<30).filter { !lot.contains($0) })
        for image in lot.prefix(2) {
            let held = try #require(found.images[image])
            expectNear(held.image, try scores(image, model((0..<30).filter { $0 != image })), 1e-3)
            expectNear(try #require(held.lot), try scores(image, withoutLot), 2e-3)
        }
    }

    /// The map that is kept is that of the model without the image: the scores are of it.
    @Test func aMapIsKeptWhereItIsAskedFor() throws {
        let calibrator = try Calibrator(
            model: model(Array(0..<30)), embedder: embedder(), rules: Self.rules, blurBorder: .repeatingEdge,
            leavesLotsOut: false, keepsMaps: true)
        let found = Locked<[CalibrationShard.Held]>([])
        try calibrator.score(
            WorkSource([
                CalibrationShard(
                    images: [files[4], files[7]], digests: [digests[4], digests[7]], scored: [0, 1],
                    leavesLotOut: false,
                    each: { _, result in
                        let held = try result.get(); found.withLock { $0.append(held) }
                    },
                    finished: { _ in })
            ]))
        let held = found.withLock { $0 }
        #expect(held.count == 2)
        for image in held {
            let map = try #require(image.map)
            #expect(map.values.max() == image.image[0])
            #expect(map.values[image.maxRow * map.width + image.maxColumn] == image.image[0])
        }
    }

    /// A lot by sums of its own is scored by the very model without it, and the same lot dealt as one comes near; by image nothing changes.
    @Test func aLotCanBeLeftOutByAModelWithoutIt() throws {
        let lot = Array(4..<8)
        let model = try model(Array(0..<30))
        let withoutLot = try self.model((0..<30).filter { !lot.contains($0) })
        let asOne = try calibrate(model, [(lot, 0..<4, true)])
        let byModel = try calibrate(model, [(lot, 0..<4, false)], withoutLot: withoutLot)
        let cut = try calibrate(
            model, [([4], 0..<1, false), ([5, 6, 7], 0..<3, false)], threads: 1, batch: 3,
            withoutLot: withoutLot)
        #expect(byModel.images.count == 4 && cut.images == byModel.images)
        #expect(byModel.wholes.map(\.sums) == asOne.wholes.map(\.sums) && byModel.wholes[0].lotMean == nil)
        for image in lot {
            let (near, exact) = (try #require(asOne.images[image]), try #require(byModel.images[image]))
            #expect(near.image == exact.image && near.maxRow == exact.maxRow)
            expectNear(try #require(near.lot), try #require(exact.lot), 5e-3)
        }
        expectNear(try #require(byModel.images[4]?.lot), try scores(4, withoutLot), 1e-5)
    }

    @Test func aCutOfTheWorkChangesNoBit() throws {
        let model = try model(Array(0..<30))
        let all = try calibrate(model, [(Array(0..<30), 0..<30, false)])
        let cut = try calibrate(
            model, [([0, 1, 2], 0..<3, false), (Array(3..<4), 0..<1, false), (Array(4..<30), 0..<26, false)], threads: 3
        )
        #expect(cut.images == all.images)
        let sums = cut.wholes.reduce([Int64](repeating: 0, count: network.space.patches)) { zip($0, $1.sums).map(+) }
        #expect(all.wholes.map(\.sums) == [sums])
        // A shard that is split still knows its whole lot.
        let lot = Array(5..<12)
        let whole = try calibrate(model, [(lot, 0..<7, true)])
        let halves = try calibrate(model, [(lot, 0..<3, true), (lot, 3..<7, true)], threads: 1, batch: 7)
        #expect(halves.images == whole.images)
        #expect(halves.wholes.map(\.lotMean) == [whole.wholes[0].lotMean, whole.wholes[0].lotMean])
        #expect(zip(halves.wholes[0].sums, halves.wholes[1].sums).map(+) == whole.wholes[0].sums)
    }

    @Test func anImageThatHasChangedIsNamedAndItsLotIsNotUsed() throws {
        let model = try model(Array(0..<30))
        var changed = files
        changed[4] = files[5]
        let alone = try calibrate(model, [([3, 4, 6], 0..<3, false)], files: changed)
        #expect(Set(alone.images.keys) == [3, 6])
        #expect(alone.failures[4] == "its content is another than when the model was fitted")
        let lot = try calibrate(model, [([3, 4, 6], 0..<3, true)], files: changed)
        #expect(lot.images.isEmpty && lot.failures.count == 3)
        #expect(lot.failures[3]?.contains("another image of its lot") == true)
    }
}
