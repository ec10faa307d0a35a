import Compute
import Foundation
import Gaussian
import Imaging
import PaDiM
import Settings
import Storage
import TestSupport
import Testing

/// Calibrations of images that give several samples.
@Suite struct ViewCalibrationTests {
    private let bench: ViewBench

    init() throws { bench = try ViewBench() }

    /// All that an image added leaves together with it: the score is that of a model which was fitted without the image.
    @Test func imagesAreScoredByModelsWithoutAllOfTheirSamples() throws {
        let files = try bench.photographs(14)
        for space in try bench.spaces {
            let model = try bench.model(space, files)
            let found = try bench.held(model, files)
            #expect(found.images.count == files.count)
            for image in [0, 5] {
                let without = try bench.model(space, files.enumerated().filter { $0.offset != image }.map(\.element))
                let score = try bench.scores(without, [files[image]])[0].score
                let own = try #require(found.images[image]).image[0]
                #expect(abs(own / score - 1) < 5e-3, "\(own) beside \(score)")
                // It would be far too low if any of its samples had stayed.
                let biased = try bench.scores(model, [files[image]])[0].score
                #expect(own > biased * 1.01, "\(own) beside \(biased)")
                let lot = try bench.held(model, [files[image]], withoutLot: without)
                #expect(abs((lot.images[0]?.lot?[0] ?? 0) / score - 1) < 1e-4)
            }
            // Images that the model does not have are scored by the model as it is.
            let outside = try bench.held(model, [files[3]], outside: [0])
            let plain = try bench.scores(model, [files[3]])[0].score
            #expect(abs((outside.images[0]?.image[0] ?? 0) / plain - 1) < 1e-4)
        }
    }

    @Test func aCutOfTheCalibrationChangesNoBit() throws {
        let files = try bench.photographs(9)
        for space in try bench.spaces {
            let model = try bench.model(space, files)
            let all = try bench.held(model, files)
            let (some, others) = try (
                bench.held(model, Array(files[..<4]), threads: 3), bench.held(model, Array(files[4...]), threads: 1)
            )
            for (image, held) in all.images {
                #expect((image < 4 ? some.images[image] : others.images[image - 4]) == held)
            }
            #expect(zip(some.sums, others.sums).map(+) == all.sums)
        }
    }
}
