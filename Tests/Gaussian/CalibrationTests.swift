import Compute
import Foundation
import Gaussian
import Settings
import Storage
import TestSupport
import Testing

/// A calibration in a model's file.
@Suite struct CalibrationTests {
    private let folder: TemporaryFolder
    private let model: GaussianModel

    init() throws {
        folder = try TemporaryFolder()
        let sample = Sample(images: 20, patches: 5, dimension: 4, seed: 7)
        try ModelBuilder.build(
            from: sample.file(folder["s"]), epsilon: 0.01, to: folder["plain"], crew: ThreadCrew(threads: 1))
        model = try GaussianModel(path: folder["plain"])
    }

    private func calibration(lots: Bool, seed: UInt64 = 1) throws -> Calibration {
        var random = SeededGenerator(seed: seed)
        func scores() -> [Float] { (0..<2).map { _ in Float.random(in: 0...50, using: &random) } }
        let images = (0..<20).map { number in
            Calibration.Image(
                digest: Data("\(number)".utf8).withUnsafeBytes { ContentDigest(of: $0) }, lot: lots ? number / 7 : nil,
                scores: scores(), lotScores: lots ? scores() : nil)
        }
        return try Calibration(
            rules: [.max, .top(percent: 1)], images: images.shuffled(using: &random),
            lots: lots ? [7, 7, 6].map { .init(images: $0, drift: 1.1) } : [],
            meanSquares: (0..<5).map { _ in Double.random(in: 0...9, using: &random) })
    }

    @Test(arguments: [false, true])
    func aModelKeepsItsCalibration(lots: Bool) throws {
        let calibration = try calibration(lots: lots)
        let digest = try model.write(with: calibration, to: folder["model"], crew: ThreadCrew(threads: 2))
        let read = try GaussianModel(path: folder["model"])
        #expect(read.calibration == calibration && read.digest() == digest)
        #expect(read.count == model.count && read.space == model.space)
        try read.withParameters(patches: 0..<5) { means, whitening in
            try model.withParameters(patches: 0..<5) {
                #expect(memcmp(means, $0, 80) == 0 && memcmp(whitening, $1, 200) == 0)
            }
        }
        // Without it the file is the one that it was.
        _ = try read.write(with: nil, to: folder["again"], crew: ThreadCrew(threads: 1))
        #expect(try bytes(ofFile: folder["again"]) == bytes(ofFile: folder["plain"]))
        // The order in which images were scored is not in the file.
        let again = try Calibration(
            rules: calibration.rules, images: calibration.images.reversed(), lots: calibration.lots,
            meanSquares: calibration.meanSquares)
        #expect(again == calibration)
    }

    @Test func everyFlippedByteIsFound() throws {
        _ = try model.write(with: calibration(lots: true), to: folder["model"], crew: ThreadCrew(threads: 1))
        let content = try bytes(ofFile: folder["model"])
        for place in stride(from: 8, to: content.count, by: 7) {
            var damaged = content
            damaged[place] ^= 0x10
            try damaged.write(to: URL(fileURLWithPath: folder["damaged"]))
            #expect(throws: (any Error).self, "byte \(place)") { try GaussianModel(path: folder["damaged"]) }
        }
    }

    @Test func scoresAreThoseOfARule() throws {
        let calibration = try calibration(lots: true)
        let byLot = try #require(calibration.scoresOfLots(.top(percent: 1)))
        #expect(byLot.map(\.count) == [7, 7, 6])
        #expect(byLot.flatMap { $0 }.sorted() == calibration.scores(.top(percent: 1), byLot: true)?.sorted())
        #expect(calibration.scores(.top(percent: 2)) == nil)
        #expect(calibration.scores(.max)?.count == 20)
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let good = try calibration(lots: true)
        let image = good.images[0]
        func refused(_ change: Calibration.Image, _ lots: [Calibration.Lot] = good.lots) {
            #expect(throws: GaussianError.self) {
                try Calibration(rules: good.rules, images: [change], lots: lots, meanSquares: good.meanSquares)
            }
        }
        refused(.init(digest: image.digest, lot: 3, scores: [1, 2], lotScores: [1, 2]))
        refused(.init(digest: image.digest, lot: nil, scores: [1, 2], lotScores: nil))
        refused(.init(digest: image.digest, lot: 0, scores: [1], lotScores: [1, 2]))
        refused(.init(digest: image.digest, lot: 0, scores: [1, .nan], lotScores: [1, 2]))
        refused(.init(digest: image.digest, lot: 0, scores: [1, 2], lotScores: [1, 2]), [])
    }
}
