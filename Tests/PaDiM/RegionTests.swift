import Compute
import Foundation
import Gaussian
import Imaging
import PaDiM
import Settings
import Storage
import TestSupport
import Testing

@Suite struct RegionTests {
    private func region(_ width: Int, _ height: Int, _ counts: (_ row: Int, _ column: Int) -> Bool) throws
        -> RegionOfInterest
    {
        let counted = (0..<width * height).map { counts($0 / width, $0 % width) }
        return try #require(RegionOfInterest(width: width, height: height, counts: counted))
    }

    // MARK: Blending

    private static let (grid, input) = (8, 32)

    private func maker() throws -> MapMaker {
        try MapMaker(
            grid: (Self.grid, Self.grid), input: (Self.input, Self.input), .repeatingEdge, .best)
    }

    private func placed(_ region: RegionOfInterest, _ maps: MapMaker) throws -> PlacedRegion {
        let preprocessing = try Preprocessing(InputSettings(height: Self.input, width: Self.input))
        return try PlacedRegion(region, preprocessing, grid: (Self.grid, Self.grid), maps)
    }

    /// One axis' weights as the map has them, in double.
    private func weights() -> [[Double]] {
        let axis = AxisMap.bilinear(from: Self.grid, to: Self.input)
            .followed(by: AxisMap.blur(Self.input, sigma: 4, radius: 16, border: .repeatingEdge))
        return axis.rows.map { terms in
            var row = [Double](repeating: 0, count: Self.grid)
            for term in terms { row[term.input] += term.weight }
            return row
        }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>) func patchesOutsideLeaveNoTrace(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let maps = try maker()
        let (left, top) = (random.below(40), random.below(20))
        let (right, bottom) = (left + 1 + random.below(24), top + 1 + random.below(28))
        let region = try region(64, 48) { row, column in
            (top..<bottom).contains(row) && (left..<right).contains(column) || random.percent(2)
        }
        let placed = try placed(region, maps)
        #expect(placed.patches.contains(false))
        let distances = (0..<Self.grid * Self.grid).map { _ in Float(random.below(1000)) / 16 }
        let strange = zip(distances, placed.patches).map { $1 ? $0 : [.infinity, .nan, 1e30][random.below(3)] }
        let map = placed.map(distances, maps)
        #expect(map.values.map(\.bitPattern) == placed.map(strange, maps).values.map(\.bitPattern))
        #expect(placed.mean(distances) == placed.mean(strange))
        // The mean of the patches that count, by the weights that the map gives them.
        let weights = weights()
        for pixel in placed.pixels.indices where placed.pixels[pixel] {
            var (sum, share) = (0.0, 0.0)
            for patch in placed.patches.indices where placed.patches[patch] {
                let weight =
                    weights[pixel / Self.input][patch / Self.grid] * weights[pixel % Self.input][patch % Self.grid]
                sum += weight * Double(distances[patch])
                share += weight
            }
            #expect(share > 0x1p-9)
            #expect(abs(Double(map.values[pixel]) - sum / share) < 1e-4 * max(1, sum / share))
        }
    }

    /// A pixel of the map counts by the image's pixel at its centre, a patch by any pixel that it covers.
    @Test func theRegionLiesOverTheMap() throws {
        let maps = try maker()
        // Half the input's size: a pixel of the region is two by two of the map's.
        let placed = try placed(region(16, 16) { row, column in row == 3 && column == 9 }, maps)
        let counted = placed.pixels.indices.filter { placed.pixels[$0] }
        #expect(counted.map { [$0 / 32, $0 % 32] } == [[6, 18], [6, 19], [7, 18], [7, 19]])
        #expect(placed.patches.indices.filter { placed.patches[$0] } == [1 * 8 + 4])
        #expect(placed.misfit(width: 16, height: 16) == nil)
        #expect(placed.misfit(width: 15, height: 16)?.contains("15 x 16") == true)
    }

    @Test func regionsThatTheNetworkDoesNotSeeAreRefused() throws {
        let crop = try Preprocessing(InputSettings(height: 32, width: 32, resize: 32, crop: 32))
        try crop.requireSeen(region(64, 32) { _, column in column == 30 })
        // The crop begins at column 16.
        #expect(throws: PaDiMError.self) { try crop.requireSeen(region(64, 32) { _, column in column < 16 }) }
        let pixels = try Preprocessing(InputSettings(height: 32, width: 32, crop: 32))
        #expect(throws: PaDiMError.self) { try pixels.requireSeen(region(31, 40) { _, _ in true }) }
    }

    // MARK: Scores

    private struct Fitted {
        let folder: TemporaryFolder
        let network: SmallNetwork
        let files: [ImageLocation]
        let crew = ThreadCrew(threads: 2)

        init() throws {
            folder = try TemporaryFolder()
            network = try SmallNetwork()
            files = try Photographs.write(14, into: folder).map { .file($0) }
            let embedder = try Embedder(space: network.space, weights: network.weights, crew: crew)
            let fitter = try Fitter(embedder: embedder)
            _ = try fitter.fold(files)
            try StatisticsFileWriter.write(fitter.statistics, space: network.space, to: folder["statistics"])
        }

        func model(_ region: RegionOfInterest?) throws -> GaussianModel {
            try ModelBuilder.build(
                from: StatisticsFile(path: folder["statistics"]), ModelSettings(epsilon: 0.01, region: region),
                to: folder["model"], crew: crew)
            return try GaussianModel(path: folder["model"])
        }

        func score(
            _ model: GaussianModel, _ files: [ImageLocation]? = nil, _ settings: ScoreSettings = ScoreSettings()
        ) throws -> [Result<ScoredImage, UnusableImage>] {
            let embedder = try Embedder(space: network.space, weights: network.weights, crew: crew)
            let results = Results((files ?? self.files).count)
            try Scorer(model: model, embedder: embedder, settings: settings).score(files ?? self.files) {
                results.put($0, $1)
            }
            return try results.all
        }
    }

    @Test func modelsKeepTheirRegion() throws {
        let fitted = try Fitted()
        let half = try region(70, 60) { _, column in column >= 35 }
        let plain = try fitted.model(nil).digest()
        let model = try fitted.model(half)
        #expect(model.settings.region == half && model.settings.region?.count == 35 * 60)
        #expect(try fitted.model(nil).digest() == plain)
        let other = try region(70, 60) { row, _ in row < 10 }
        _ = try model.write(with: nil, countingOnly: other, to: fitted.folder["other"], crew: fitted.crew)
        #expect(try GaussianModel(path: fitted.folder["other"]).settings.region == other)
        #expect(
            try Digest(ofFile: fitted.folder["other"])
                == fitted.model(other).digest())
        // A bit of the region that is flipped is found.
        var bytes = try Array(Data(contentsOf: URL(fileURLWithPath: fitted.folder["other"])))
        let place = try #require(bytes.indices.last { bytes[$0...].starts(with: other.bits.prefix(20)) })
        bytes[place] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: fitted.folder["other"]))
        #expect { try GaussianModel(path: fitted.folder["other"]) } throws: {
            "\($0)".contains("region of interest")
        }
    }

    @Test func aRegionOfAllPixelsChangesNoBit() throws {
        let fitted = try Fitted()
        let whole = try region(70, 60) { _, _ in true }
        for size in [MapSize.input, .original] {
            let settings = ScoreSettings(mapSize: size)
            let plain = try fitted.score(fitted.model(nil), nil, settings).map { try $0.get() }
            let same = try fitted.score(fitted.model(whole), nil, settings).map { try $0.get() }
            for (one, other) in zip(plain, same) {
                #expect(one.score == other.score && one.map == other.map)
                #expect(one.imageRow == other.imageRow && one.imageColumn == other.imageColumn)
            }
        }
    }

    @Test func onlyTheRegionIsScored() throws {
        let fitted = try Fitted()
        let half = try region(70, 60) { row, column in column >= 35 && row < 50 }
        for score in [ImageScore.max, .top(percent: 10)] {
            for size in [MapSize.input, .original] {
                let settings = ScoreSettings(imageScore: score, mapSize: size, centersMaps: true)
                for image in try fitted.score(fitted.model(half), nil, settings).map({ try $0.get() }) {
                    let map = image.map
                    let window =
                        size == .original
                        ? InputWindow(width: 70, height: 60)
                        : InputWindow(
                            width: 70, height: 60, input: (64, 64), resize: nil, crop: nil)
                    let counts = half.counts(in: window)
                    #expect(zip(map.values, counts).allSatisfy { $0.isNaN != $1 })
                    #expect(image.centeredMap.map { zip($0.values, counts).allSatisfy { $0.isNaN != $1 } } == true)
                    #expect(half.counts(row: image.imageRow, column: image.imageColumn))
                    guard size == .input else { continue }
                    let counted = map.values.filter { !$0.isNaN }.sorted(by: >)
                    let best = counted.prefix(score == .max ? 1 : (counted.count + 5) / 10)
                    let mean = best.reduce(Float(0), +) / Float(best.count)
                    #expect(abs(image.score - mean) < 1e-4 * image.score)
                    #expect(map.values[image.maxRow * 64 + image.maxColumn] == counted[0])
                }
            }
        }
    }

    @Test func imagesOfAnotherSizeAreSaid() throws {
        let fitted = try Fitted()
        let small = try region(64, 60) { _, _ in true }
        for result in try fitted.score(fitted.model(small)) {
            guard case .failure(let failure) = result else {
                Issue.record("an image of another size was scored")
                continue
            }
            #expect(
                failure.reason.hasPrefix("it has 70 x 60 pixels, and the region of interest is for images of 64 x 60"))
        }
    }
}
