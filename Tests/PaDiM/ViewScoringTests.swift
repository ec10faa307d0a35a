import Compute
import Foundation
import Gaussian
import Imaging
import PaDiM
import Settings
import Storage
import TestSupport
import Testing

/// Scores and maps of images that are cut into tiles, turned, or padded.
@Suite struct ViewScoringTests {
    private let bench: ViewBench

    init() throws { bench = try ViewBench() }

    @Test func anImagesBitsDoNotDependOnItsCompany() throws {
        let files = try bench.photographs(5)
        for space in try bench.spaces {
            let model = try bench.model(space, files)
            let settings = ScoreSettings(
                mapSize: .original, augmentation: space.input.augmentation == nil ? nil : ViewBench.augmentation)
            let alone = try files.map { try bench.scores(model, [$0], threads: 1, batch: 1, settings)[0] }
            let together = try bench.scores(model, files.reversed(), threads: 3, settings)
            #expect(together.count == 5)
            for (one, other) in zip(alone.reversed(), together) {
                #expect(one.score.bitPattern == other.score.bitPattern)
                #expect(one.map.values.map(\.bitPattern) == other.map.values.map(\.bitPattern))
                #expect(one.map.width == 100 && one.map.height == 80)
            }
        }
    }

    /// The map of a tiled image has the resolution of its tiles' maps; where it shows one tile only, it is that tile's map.
    @Test func aTiledImagesMapIsThatOfItsTiles() throws {
        let files = try bench.photographs(5)
        let tiled = try bench.model(bench.tiled, files)
        let parts = try files.enumerated().flatMap { try bench.tiles($1, "tile\($0)") }
        // The same Gaussians, by tiles that are images.
        let plain = try bench.model(bench.plain.space, parts)
        let image = try bench.scores(tiled, [files[2]])[0]
        #expect(image.map.width == 133 && image.map.height == 107)
        #expect(image.score == image.map.values.max())
        let corner = try bench.scores(plain, [parts[12]])[0].map
        // The first tile is alone up to 32 rows of the image, and 42 columns.
        for row in 0..<40 {
            for column in 0..<50 {
                let found = image.map.values[row * 133 + column]
                // 107 rows stand for 80 in place of 106.67, so places differ by a fraction of a pixel.
                let near = (0..<2).flatMap { r in
                    (0..<2).map { c in corner.values[(row - min(r, row)) * 64 + column - min(c, column)] }
                }
                #expect(found >= (near.min() ?? 0) * 0.97 && found <= (near.max() ?? 0) * 1.03)
            }
        }
        let centred = try bench.scores(tiled, [files[2]], ScoreSettings(centersMaps: true))[0]
        #expect(centred.score == image.score && centred.centeredMap?.width == 133)
        let top = try bench.scores(tiled, [files[2]], ScoreSettings(imageScore: .top(percent: 10)))[0]
        #expect(top.score < image.score && top.map == image.map)
    }

    /// Of one tile there is nothing to blend.
    @Test func oneTileIsTheImage() throws {
        let files = try bench.photographs(4, width: 48, height: 48)
        let (tiled, plain) = try (bench.model(bench.tiled, files), bench.model(bench.plain.space, files))
        for (one, other) in zip(try bench.scores(tiled, files), try bench.scores(plain, files)) {
            #expect(one.score == other.score && one.map == other.map && one.maxRow == other.maxRow)
        }
    }

    /// Unless it is asked for, images are scored as they lie; if it is, the map is brought back to how they lie.
    @Test func augmentedInspectionIsAskedFor() throws {
        let files = try bench.photographs(6)
        let model = try bench.model(bench.augmented, files)
        let plain = try bench.scores(model, files)
        let turned = try bench.scores(model, files, ScoreSettings(augmentation: Augmentation(rotation: 10, seed: 2)))
        for (one, other) in zip(plain, turned) {
            #expect(one.score != other.score)
            #expect(other.map.width == 64 && other.map.values.max() ?? 0 <= other.score)
        }
        // An angle of nearly nothing moves nothing, but pixels are cut down to whole numbers.
        let still = try bench.scores(model, files, ScoreSettings(augmentation: Augmentation(rotation: 1e-9, seed: 2)))
        for (one, other) in zip(plain, still) {
            let difference = zip(one.map.values, other.map.values).map { abs($0 - $1) }.max() ?? 1
            #expect(difference < 0.15 * one.score, "\(difference) of \(one.score)")
        }
    }

    /// What fills an input up is nowhere the score, and maps lie over their images.
    @Test func paddingDoesNotCount() throws {
        let files = try bench.photographs(6, width: 100, height: 50)
        let space = try bench.space { $0.fit = .pad }
        let model = try bench.model(space, files)
        let settings = ScoreSettings(imageScore: .top(percent: 10))
        for (one, other) in zip(
            try bench.scores(model, files, threads: 1, settings),
            try bench.scores(model, files, ScoreSettings(imageScore: .top(percent: 10), mapSize: .original)))
        {
            #expect(one.map.width == 64 && one.map.height == 64 && other.map.width == 100 && other.map.height == 50)
            let rows = 16..<48
            let values = one.map.values
            for row in 0..<64 where !rows.contains(row) {
                #expect(values[row * 64..<row * 64 + 64].allSatisfy { $0 == 0 })
            }
            let inside = Array(values[16 * 64..<48 * 64]).sorted(by: >)
            let mean = inside.prefix(205).reduce(0) { $0 + Double($1) } / 205
            #expect(abs(Double(one.score) / mean - 1) < 1e-5 && one.score == other.score)
            #expect(rows.contains(one.maxRow) && values[one.maxRow * 64 + one.maxColumn] == inside[0])
            // The image's own size shows the same places.
            for (row, column) in [(0, 0), (25, 40), (49, 99)] {
                let near = values[(16 + row * 32 / 50) * 64 + column * 64 / 100]
                #expect(abs(other.map.values[row * 100 + column] / near - 1) < 0.2)
            }
        }
        let held = try bench.held(model, files)
        #expect(held.images.values.allSatisfy { rows in (16..<48).contains(rows.maxRow) })
    }
}
