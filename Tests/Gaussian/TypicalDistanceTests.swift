import Compute
import Foundation
import Gaussian
import TestSupport
import Testing

@Suite struct TypicalDistanceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The model alone tells how far an image is that it was not fitted on: the root mean square over all images, each left out of
    /// a fit of the others. With fewer images than channels it tells the magnitude.
    @Test(arguments: [(3, 12), (6, 12), (12, 12), (13, 12), (16, 12), (40, 12), (200, 12), (40, 1), (2, 5)])
    func isThatOfImagesLeftOut(images: Int, dimension: Int) throws {
        let sample = Sample(images: images, patches: 3, dimension: dimension, seed: UInt64(31 * images + dimension))
        let typical = try model(sample).typicalDistance()
        var total = 0.0
        for patch in 0..<3 {
            var squares = 0.0
            let scales = try sample.grid.steps.map(Double.init)
            let rows = sample.images.map { image in
                (0..<dimension).map { Double(image[patch * dimension + $0]) * scales[$0] }
            }
            for left in rows.indices {
                let others = rows.indices.filter { $0 != left }.map { rows[$0] }
                // One image has no covariance: only epsilon is left.
                let distance =
                    others.count > 1
                    ? Oracle(others, epsilon: 0.01).distance(rows[left])
                    : zip(rows[left], others[0]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / 0.01 }.squareRoot()
                squares += distance * distance / Double(images)
            }
            total += squares.squareRoot() / 3
        }
        let ratio = typical / total
        #expect(images > 2 * dimension ? (0.85...1.15).contains(ratio) : (0.4...1.4).contains(ratio), "\(ratio)")
    }

    @Test func imagesThatDoNotDifferHaveOneToo() throws {
        let sample = Sample(images: 1, patches: 2, dimension: 9, seed: 4)
        let statistics = try Statistics(patches: 2, dimension: 9)
        for _ in 0..<5 { try sample.fold([0], into: statistics) }
        try StatisticsFileWriter.write(statistics, space: sample.space(), to: folder["statistics"])
        try ModelBuilder.build(
            from: StatisticsFile(path: folder["statistics"]), epsilon: 0.01, to: folder["model"],
            crew: ThreadCrew(threads: 1))
        let typical = try GaussianModel(path: folder["model"]).typicalDistance()
        #expect(typical.isFinite && typical > 0)
    }

    private func model(_ sample: Sample) throws -> GaussianModel {
        try ModelBuilder.build(
            from: sample.file(folder["statistics"]), epsilon: 0.01, to: folder["model"], crew: ThreadCrew(threads: 1))
        return try GaussianModel(path: folder["model"])
    }
}
