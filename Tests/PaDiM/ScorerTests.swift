import Compute
import Foundation
import Gaussian
import Imaging
import PaDiM
import Settings
import Storage
import Testing
import TestSupport

@Suite struct ScorerTests {
    private let folder: TemporaryFolder
    private let network: SmallNetwork
    private let files: [ImageLocation]
    private let model: GaussianModel

    init() throws {
        folder = try TemporaryFolder()
        network = try SmallNetwork()
        files = try Photographs.write(14, into: folder).map { .file($0) }
        let crew = ThreadCrew(threads: 2)
        let embedder = try Embedder(space: network.space, weights: network.weights, crew: crew)
        let fitter = try Fitter(embedder: embedder)
        _ = try fitter.fold(files)
        try StatisticsFileWriter.write(
            fitter.statistics, space: network.space, to: folder["statistics"])
        try ModelBuilder.build(
            from: StatisticsFile(path: folder["statistics"]), epsilon: 0.01, to: folder["model"], crew: crew)
        model = try GaussianModel(path: folder["model"])
    }

    private func scores(
        _ files: [ImageLocation], threads: Int = 2, batch: Int? = nil, _ settings: ScoreSettings = ScoreSettings()
    ) throws -> [Result<ScoredImage, UnusableImage>] {
        let embedder = try Embedder(
            space: network.space, weights: network.weights, instructionSet: .best, crew: ThreadCrew(threads: threads),
            batchSize: batch)
        let results = Results(files.count)
        try Scorer(model: model, embedder: embedder, settings: settings).score(files) { results.put($0, $1) }
        return try results.all
    }

    @Test func anImagesBitsDoNotDependOnItsCompany() throws {
        let alone = try files.map { try scores([$0], threads: 1, batch: 1)[0].get() }
        for (threads, batch) in [(1, 4), (2, 3), (3, 8), (2, nil)] {
            let together = try scores(files.reversed(), threads: threads, batch: batch)
            for (one, result) in zip(alone.reversed(), together) {
                let other = try result.get()
                #expect(one.score.bitPattern == other.score.bitPattern)
                #expect(one.map.values.map(\.bitPattern) == other.map.values.map(\.bitPattern))
                #expect(one.maxRow == other.maxRow && one.maxColumn == other.maxColumn)
            }
        }
    }

    @Test func theScoreIsTheMapsMaximum() throws {
        for result in try scores(files) {
            let image = try result.get()
            #expect(image.map.width == 64 && image.map.height == 64)
            #expect(image.score == image.map.values.max())
            #expect(image.map.values[image.maxRow * 64 + image.maxColumn] == image.score)
            #expect(image.score > 0)
            #expect(image.originalWidth == 70 && image.originalHeight == 60)
        }
    }

    @Test func settingsDoWhatTheySay() throws {
        let plain = try scores(files)[2].get()
        let top = try scores(files, ScoreSettings(imageScore: .top(percent: 10)))[2].get()
        #expect(top.score < plain.score && top.map == plain.map)
        let mirrored = try scores(files, ScoreSettings(blurBorder: .mirror))[2].get()
        #expect(mirrored.map != plain.map)
        let large = try scores(files, ScoreSettings(mapSize: .original))[2].get()
        #expect(large.map.width == 70 && large.map.height == 60)
        #expect(large.score == plain.score && large.maxRow == plain.maxRow)
    }

    /// Centring is for looking: what is decided by is of maps without it.
    @Test func centredMapsGoOutBesideTheOthers() throws {
        let plain = try scores(files)[2].get()
        #expect(plain.centeredMap == nil)
        for size in MapSize.allCases {
            let usual = try scores(files, ScoreSettings(mapSize: size))[2].get()
            let centred = try scores(files, ScoreSettings(mapSize: size, centersMaps: true))[2].get()
            #expect(centred.score == plain.score && centred.map == usual.map)
            let map = try #require(centred.centeredMap)
            #expect(map.width == usual.map.width && map.height == usual.map.height)
            let shifts = zip(usual.map.values, map.values).map { $0 - $1 }
            let level = try #require(shifts.max())
            #expect(level > 0 && shifts.allSatisfy { abs($0 - level) < 1e-4 * level })
            // The blur keeps the mean, but for what it mirrors at the border.
            let mean = usual.map.values.reduce(0, +) / Float(usual.map.values.count)
            #expect(abs(mean - level) < 0.2 * level, "\(mean) \(level)")
        }
    }

    @Test func imagesThatCannotBeReadAreToldAndTheOthersGoOn() throws {
        try Data("no image".utf8).write(to: URL(fileURLWithPath: folder["bad.png"]))
        let mixed = [files[0], .file(folder["bad.png"]), files[1], .file(folder["absent.png"])]
        let results = try scores(mixed, batch: 4)
        let expected = try scores(files)
        #expect(try results[0].get().score == expected[0].get().score)
        #expect(try results[2].get().score == expected[1].get().score)
        for place in [1, 3] {
            guard case .failure(let failure) = results[place] else {
                Issue.record("was scored")
                continue
            }
            #expect(failure.index == place && failure.location == mixed[place])
        }
        #expect(try scores([]).isEmpty)
    }

    @Test func whatTheReceiverThrowsEndsTheWhole() throws {
        struct Full: Error {}
        let embedder = try Embedder(space: network.space, weights: network.weights, crew: ThreadCrew(threads: 2))
        let scorer = try Scorer(model: model, embedder: embedder)
        #expect(throws: Full.self) { try scorer.score(files) { _, _ in throw Full() } }
        // It can be used again.
        try scorer.score(files) { _, _ in }
    }

    @Test func aModelOfAnotherSpaceIsRefused() throws {
        let other = try SmallNetwork(features: 12)
        let embedder = try Embedder(space: other.space, weights: other.weights, crew: ThreadCrew(threads: 1))
        do {
            _ = try Scorer(model: model, embedder: embedder)
            Issue.record("was taken")
        } catch let error as PaDiMError {
            #expect(error.description.contains("number of channels kept (13 and 12)"))
        }
    }
}

final class Results: @unchecked Sendable {
    private let lock = NSLock()
    private var found: [Result<ScoredImage, UnusableImage>?]

    init(_ count: Int) { found = Array(repeating: nil, count: count) }

    func put(_ index: Int, _ result: Result<ScoredImage, UnusableImage>) {
        lock.withLock {
            #expect(found[index] == nil, "told twice")
            found[index] = result
        }
    }

    var all: [Result<ScoredImage, UnusableImage>] {
        get throws { try lock.withLock { try found.map { try #require($0) } } }
    }
}
