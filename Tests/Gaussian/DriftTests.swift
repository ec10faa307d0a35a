import Compute
import Foundation
import Gaussian
import Storage
import TestSupport
import Testing

/// The distance of a batch of images from a model, beside that of chance.
@Suite struct DriftTests {
    private let folder: TemporaryFolder
    private static let (patches, dimension) = (60, 5)

    init() throws { folder = try TemporaryFolder() }

    /// Images whose features are Gaussian, with a channel that follows another; all means moved by `shift` standard deviations.
    private func gaussians(_ count: Int, seed: UInt64, shift: Double = 0) throws -> Sample {
        var random = SeededGenerator(seed: seed)
        func normal() -> Double {
            let (u, v) = (Double.random(in: 1e-12..<1, using: &random), Double.random(in: 0..<1, using: &random))
            return (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
        }
        return Sample(
            (0..<count).map { _ in
                (0..<Self.patches).flatMap { _ -> [Int32] in
                    let common = normal()
                    return (0..<Self.dimension).map { channel in
                        let value = channel == 1 ? 0.8 * common + 0.6 * normal() : channel == 0 ? common : normal()
                        return Int32((30_000 * (value + shift)).rounded())
                    }
                }
            }, patches: Self.patches, dimension: Self.dimension)
    }

    /// Rows of a patch in units of the features.
    private func rows(_ sample: Sample, _ patch: Int) throws -> [[Double]] {
        let steps = try sample.grid.steps
        return sample.images.map { image in
            (0..<sample.dimension).map { Double(image[patch * sample.dimension + $0]) * Double(steps[$0]) }
        }
    }

    /// The mean squared distance of an image from the model without it, by a textbook's model at each patch.
    private func meanSquares(_ sample: Sample, epsilon: Double) throws -> [Double] {
        let formula = HeldOutFormula(count: Int64(sample.images.count), pooledWeight: 0, epsilon: epsilon)
        return try (0..<sample.patches).map { patch in
            let rows = try rows(sample, patch)
            let oracle = Oracle(rows, epsilon: epsilon)
            return rows.reduce(0.0) {
                let distance = oracle.distance($1)
                return $0 + (formula.squaredDistance(square: distance * distance, back: 0) ?? .nan)
            } / Double(rows.count)
        }
    }

    private func calibration(_ meanSquares: [Double], lots: [Calibration.Lot] = []) throws -> Calibration {
        let images = (0..<max(lots.count, 1)).map { number in
            Calibration.Image(
                digest: Data("\(number)".utf8).withUnsafeBytes { ContentDigest(of: $0) },
                lot: lots.isEmpty ? nil : number, scores: [1], lotScores: lots.isEmpty ? nil : [1])
        }
        return try Calibration(rules: [.max], images: images, lots: lots, meanSquares: meanSquares)
    }

    private func model(_ sample: Sample, lots: [Calibration.Lot] = []) throws -> GaussianModel {
        let plain = folder["plain"]
        let crew = ThreadCrew(threads: 1)
        try ModelBuilder.build(from: sample.file(folder["fit"]), epsilon: 0.01, to: plain, crew: crew)
        _ = try GaussianModel(path: plain).write(
            with: calibration(meanSquares(sample, epsilon: 0.01), lots: lots), to: folder["model"], crew: crew)
        return try GaussianModel(path: folder["model"])
    }

    /// The arithmetic, beside a textbook's.
    @Test func itIsTheFormula() throws {
        let (fit, batch) = (
            Sample(images: 50, patches: 4, dimension: 6, seed: 1), Sample(images: 30, patches: 4, dimension: 6, seed: 2)
        )
        let model = try model(fit)
        let drift = try Drift(of: batch.file(folder["batch"]), from: model)
        let usual = try #require(model.calibration).meanSquares
        for patch in 0..<4 {
            let distance = try Oracle(rows(fit, patch), epsilon: 0.01).distance(Oracle.mean(rows(batch, patch)))
            let expected = distance * distance / ((1.0 / 50 + 1.0 / 30) * usual[patch] * 49 / 50)
            #expect(abs(drift.ratios[patch] / expected - 1) < 1e-4)
        }
        #expect(abs(drift.value - drift.ratios.reduce(0, +) / 4) < 1e-12)
        #expect(drift.images == 30 && drift.modelImages == 50)
    }

    @Test func itIsOneWithoutDriftAndGrowsWithTheShift() throws {
        let fit = try gaussians(300, seed: 3)
        let model = try model(fit)
        let same = try Drift(of: gaussians(150, seed: 4).file(folder["same"]), from: model)
        // 60 patches of 5 channels: the mean of 300 squares has a standard deviation of 0.08.
        #expect(abs(same.value - 1) < 0.25 && !same.isDrift)
        // Of unit variances, two channels of correlation 0.8: 1' C^-1 1 = 3 + 2/1.8, over t = 5, beside 1/300 + 1/150.
        let shift = 0.2
        let moved = try Drift(of: gaussians(150, seed: 4, shift: shift).file(folder["moved"]), from: model)
        let expected = 1 + shift * shift * (3 + 2 / 1.8) / 5 / (1.0 / 300 + 1.0 / 150)
        #expect(abs(moved.value / expected - 1) < 0.15 && moved.isDrift)
    }

    /// What the fit's own lots have is no drift, in whatever size of batch it shows.
    @Test func theFitsOwnLotsAreTheMeasure() throws {
        let lots = [
            Calibration.Lot(images: 30, drift: 1.1), .init(images: 30, drift: 3), .init(images: 30, drift: 0),
            .init(images: 210, drift: 0.9),
        ]
        let calibration = try calibration([5, 5], lots: lots)
        func drift(_ squares: Double, images: Int64) -> Drift {
            Drift(squares: [squares, squares], images: images, count: 300, calibration: calibration)
        }
        // A batch of 30 against the model without a lot of 30.
        let spread = 1.0 / 270 + 1.0 / 30
        let alike = drift(3 * 5 * 299 / 300 * spread, images: 30)
        #expect(alike.lots.map(\.lot) == [1, 0, 3])
        #expect(abs(alike.lots[0].inBatch - (1 + 2 * spread / (1.0 / 300 + 1.0 / 30))) < 1e-12)
        #expect(alike.lots[2].inBatch == 1)
        // The same shift, which is 3 in a lot, is far more in a large batch, and as little a drift.
        func shifted(_ images: Int64, by factor: Double) -> Drift {
            let chance = 1.0 / 300 + 1 / Double(images)
            return drift(5 * 299 / 300 * (chance + factor * 2 * spread), images: images)
        }
        #expect(!shifted(30, by: 0.99).isDrift && shifted(30, by: 1.01).isDrift)
        #expect(!shifted(3_000, by: 0.99).isDrift && shifted(3_000, by: 1.01).isDrift)
        #expect(shifted(3_000, by: 0.99).value > 10)
        // Without lots it is chance alone.
        let alone = try Drift(squares: [0.1, 0.1], images: 30, count: 300, calibration: self.calibration([1, 0]))
        #expect(alone.lots.isEmpty && alone.limit == Drift.floor && alone.ratios[1] == 0)
    }

    @Test func aBatchMayHaveMoreChannels() throws {
        let fit = try gaussians(60, seed: 5)
        let statistics = try fit.file(folder["all"])
        let crew = ThreadCrew(threads: 1)
        try ModelBuilder.build(
            from: statistics, .init(epsilon: 0.01), channels: [0, 3], to: folder["some"], crew: crew)
        let usual = [Double](repeating: 2, count: Self.patches)
        _ = try GaussianModel(path: folder["some"]).write(
            with: calibration(usual), to: folder["calibrated"], crew: crew)
        let batch = try gaussians(40, seed: 6, shift: 0.3)
        let drift = try Drift(of: batch.file(folder["batch"]), from: GaussianModel(path: folder["calibrated"]))
        let kept = try [fit, batch].map { try rows($0, 7).map { [$0[0], $0[3]] } }
        let distance = Oracle(kept[0], epsilon: 0.01).distance(Oracle.mean(kept[1]))
        let expected = distance * distance / ((1.0 / 60 + 1.0 / 40) * 2 * 59 / 60)
        #expect(abs(drift.ratios[7] / expected - 1) < 1e-4)
    }

    @Test func whatCannotBeComparedIsRefused() throws {
        let fit = try gaussians(40, seed: 7)
        let model = try model(fit)
        func refusal(_ batch: StatisticsFile, _ model: GaussianModel) -> String {
            #expect(throws: GaussianError.self) { try Drift(of: batch, from: model) }
            return Drift.obstacle(to: batch.header, model) ?? ""
        }
        #expect(refusal(try fit.file(folder["few"], Array(0..<19)), model).contains("19 images are too few"))
        #expect(Drift.obstacle(to: try fit.file(folder["enough"], Array(0..<20)).header, model) == nil)
        let plain = try GaussianModel(path: folder["plain"])
        #expect(refusal(try fit.file(folder["all"]), plain).contains("has no calibration"))
        try StatisticsFileWriter.write(fit.statistics(), space: fit.space(weights: "b"), to: folder["other"])
        #expect(refusal(try StatisticsFile(path: folder["other"]), model).contains("weights"))
    }
}
