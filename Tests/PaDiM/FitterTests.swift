import Backbone
import Compute
import Foundation
import Gaussian
import Imaging
import PaDiM
import Settings
import Storage
import Testing
import TestSupport

@Suite struct FitterTests {
    private let folder: TemporaryFolder
    private let network: SmallNetwork
    private let files: [ImageLocation]

    init() throws {
        folder = try TemporaryFolder()
        network = try SmallNetwork()
        files = try Photographs.write(13, into: folder).map { .file($0) }
    }

    private func fitter(threads: Int = 2, batch: Int? = nil, _ set: InstructionSet = .best) throws -> Fitter {
        let embedder = try Embedder(
            space: network.space, weights: network.weights, instructionSet: set, crew: ThreadCrew(threads: threads),
            batchSize: batch)
        return try Fitter(embedder: embedder)
    }

    @Test func anyThreadsBatchesCallsAndOrderGiveTheSameSums() throws {
        let whole = try fitter()
        #expect(try whole.fold(files).isEmpty)
        #expect(whole.statistics.count == 13)
        let expected = try whole.statistics.content
        var random = TestRandom(state: 8)
        for (threads, batch) in [(1, 1), (1, 8), (2, 4), (3, 5), (2, nil)] {
            let fitter = try fitter(threads: threads, batch: batch)
            var left = files.shuffled(using: &random)[...]
            while !left.isEmpty {
                let call = left.prefix(Int.random(in: 1...9, using: &random))
                left = left.dropFirst(call.count)
                #expect(try fitter.fold(Array(call)).isEmpty)
            }
            #expect(try fitter.statistics.content == expected)
        }
    }

    /// What is said of shards is what is found in their sums, and a fitter that does not fold says the same.
    @Test(arguments: [FitterTests.Views.plain, .tiles]) func fingerprintsOfShardsAreThoseOfTheirSums(_ views: Views)
        throws
    {
        var options = network.options
        if views == .tiles { options.input.tiling = Tiling(side: 40, overlap: 8) }
        let space = try options.space(weights: Digest(of: [1]))
        func fitter(isFolding: Bool) throws -> Fitter {
            let embedder = try Embedder(
                space: space, weights: network.weights, crew: ThreadCrew(threads: 2))
            return try Fitter(embedder: embedder, fingerprintSeed: 9, isFolding: isFolding)
        }
        let folder = try TemporaryFolder()
        try Data("no image".utf8).write(to: URL(fileURLWithPath: folder["bad"]))
        let shards = [Array(files[..<5]), [.file(folder["bad"])] + Array(files[5...]), [.file(folder["bad"])]]
        let (folding, auditing) = try (fitter(isFolding: true), fitter(isFolding: false))
        var (told, again): ([Fingerprint], [Fingerprint]) = ([], [])
        for shard in shards {
            told.append(try folding.outcome(ofFolding: shard).fingerprint ?? .zero)
            again.append(try auditing.outcome(ofFolding: shard).fingerprint ?? .zero)
        }
        let weights = try FingerprintWeights(seed: 9, patches: space.patches, dimension: space.dimension)
        #expect(told == again && told[2] == .zero && told[0] != told[1] && told[0] != .zero)
        #expect(try weights.fingerprint(of: folding.statistics) == told.reduce(.zero, +))
        #expect(auditing.statistics.count == 0 && auditing.statistics.samples == 0)
        #expect(try weights.fingerprint(of: auditing.statistics) == .zero)
    }

    enum Views: CustomTestStringConvertible {
        case plain, tiles
        var testDescription: String { self == .plain ? "whole images" : "tiles" }
    }

    @Test func sharesOfTwoWorkersAddUp() throws {
        let (one, two, whole) = try (fitter(threads: 1, batch: 4), fitter(threads: 2), fitter())
        _ = try one.fold(Array(files[..<5]))
        _ = try two.fold(Array(files[5...]))
        _ = try whole.fold(files)
        try one.statistics.add(two.statistics)
        #expect(try one.statistics.content == whole.statistics.content)
    }

    @Test func imagesThatCannotBeReadAreToldAndLeftOut() throws {
        try Data("no image".utf8).write(to: URL(fileURLWithPath: folder["text.png"]))
        try Data().write(to: URL(fileURLWithPath: folder["empty.png"]))
        let bytes = try Data(contentsOf: URL(fileURLWithPath: files[0].text))
        try bytes.prefix(300).write(to: URL(fileURLWithPath: folder["short.bmp"]))
        let bad = ["text.png", "absent.png", "empty.png", "short.bmp"].map { ImageLocation.file(folder[$0]) }
        let fitter = try fitter(batch: 4)
        let mixed = [bad[0]] + files[..<6] + [bad[1], bad[2]] + files[6...] + [bad[3]]
        let failures = try fitter.fold(mixed)
        #expect(failures.map(\.index) == [0, 7, 8, 16])
        #expect(failures.map(\.location) == bad)
        #expect(failures.allSatisfy { !$0.reason.isEmpty })
        let whole = try self.fitter()
        _ = try whole.fold(files)
        #expect(try fitter.statistics.content == whole.statistics.content)
        // None at all is no failure of the fold.
        let empty = try self.fitter()
        #expect(try empty.fold(bad).count == 4)
        #expect(try empty.fold([]).isEmpty)
        #expect(empty.statistics.count == 0)
    }

    @Test func clampedNumbersAreCountedAndDoNotSpoilTheSums() throws {
        // A grid that leaves little room.
        let tight = try SmallNetwork(gridExponent: 20)
        let embedder = try Embedder(space: tight.space, weights: tight.weights, crew: ThreadCrew(threads: 2))
        let fitter = try Fitter(embedder: embedder)
        _ = try fitter.fold(files)
        #expect(fitter.statistics.clamped > 0)
        try StatisticsFileWriter.write(fitter.statistics, space: tight.space, to: folder["s"])
        try StatisticsFile(path: folder["s"]).verify()
        let roomy = try self.fitter()
        _ = try roomy.fold(files)
        #expect(roomy.statistics.clamped == 0)
    }

    /// On a grid twice as fine each whole number is twice the other one's, within the rounding of each.
    @Test func theGridIsPartOfTheSpaceAndScalesTheSums() throws {
        func numbers(_ exponent: Int) throws -> [Int64] {
            let network = try SmallNetwork(gridExponent: exponent)
            let embedder = try Embedder(space: network.space, weights: network.weights, crew: ThreadCrew(threads: 1))
            let fitter = try Fitter(embedder: embedder)
            // One image: the sums are its embedding.
            _ = try fitter.fold([files[3]])
            let record = Statistics.chunkByteCount(patches: 1, dimension: 13) / 8
            return try fitter.statistics.withChunk(patches: 0..<fitter.statistics.patches) {
                let words = $0.bindMemory(to: Int64.self)
                return words.indices.filter { $0 % record < 13 }.map { words[$0] }
            }
        }
        let (coarse, fine) = try (numbers(9), numbers(10))
        #expect(coarse.contains { $0 > 100 })
        #expect(zip(coarse, fine).allSatisfy { abs(2 * $0 - $1) <= 1 })
    }

    /// Finer layers are averaged over each patch of the coarsest one: the numbers are those of the network's own features.
    @Test(arguments: InstructionSet.available, [64, 72])
    func onTheCoarsestGridEmbeddingsAreMeans(set: InstructionSet, input: Int) throws {
        let network = try SmallNetwork(recipe: .lean, features: .all, input: input)
        let crew = ThreadCrew(threads: 1)
        let embedder = try Embedder(
            space: network.space, weights: network.weights, instructionSet: set, crew: crew)
        let fitter = try Fitter(embedder: embedder)
        _ = try fitter.fold([files[3]])
        let engine = try Engine(
            backbone: Backbone.named(network.space.backbone), weights: network.weights, layers: network.space.layers,
            inputHeight: input, inputWidth: input, instructionSet: set)
        let workspace = try engine.makeWorkspace()
        let image = try ImageDecoder.decode(files[3])
        try engine.run([Preprocessing(network.space.input).prepare(image)], in: workspace)
        let (height, width) = (network.space.gridHeight, network.space.gridWidth)
        #expect(height == engine.taps.map(\.height).min() && height < engine.taps[0].height)
        var expected = [[Double]](repeating: [], count: height * width)
        for tap in engine.taps.indices {
            workspace.withTap(tap, image: 0) { view in
                for patch in expected.indices {
                    let (row, column) = (patch / width, patch % width)
                    let rows = row * view.height / height..<((row + 1) * view.height + height - 1) / height
                    let columns = column * view.width / width..<((column + 1) * view.width + width - 1) / width
                    for channel in 0..<view.channels {
                        var sum = 0.0
                        for y in rows {
                            for x in columns {
                                sum += Double(view.pixels[y * view.rowStride + x * view.pixelStride + channel])
                            }
                        }
                        expected[patch].append(sum / Double(rows.count * columns.count) * 512)
                    }
                }
            }
        }
        let (words, dimension) = (try fitter.statistics.words(), network.space.dimension)
        let record = words.count / expected.count
        var largest: Int64 = 0
        for patch in expected.indices {
            for channel in 0..<dimension {
                let found = words[patch * record + channel]
                largest = max(largest, abs(found))
                #expect(abs(Double(found) - expected[patch][channel]) <= 0.501)
            }
        }
        #expect(largest > 100)
    }

    @Test func theCoarsestGridToo() throws {
        let network = try SmallNetwork(recipe: .lean, features: 20)
        func content(_ files: [ImageLocation], threads: Int, batch: Int?) throws -> [UInt8] {
            let embedder = try Embedder(
                space: network.space, weights: network.weights, instructionSet: .best,
                crew: ThreadCrew(threads: threads), batchSize: batch)
            let fitter = try Fitter(embedder: embedder)
            _ = try fitter.fold(files)
            return try fitter.statistics.content
        }
        let expected = try content(files, threads: 1, batch: 1)
        for (threads, batch) in [(2, 5), (3, nil)] {
            #expect(try content(files.reversed(), threads: threads, batch: batch) == expected)
        }
    }

    @Test func aSpaceOfOtherLayersThanTheNetworksIsRefused() throws {
        let space = network.space
        let grid = try FixedPointGrid(layerChannels: [24, 40, 113], kept: space.channels)
        let wrong = try FeatureSpace(
            backbone: space.backbone, weights: space.weights, layers: space.layers, channels: space.channels,
            input: InputSettings(height: 64, width: 64), gridHeight: space.gridHeight,
            gridWidth: space.gridWidth, grid: grid)
        #expect { try Embedder(space: wrong, weights: network.weights, crew: ThreadCrew(threads: 1)) } throws: {
            error in
            "\(error)".contains("[24, 40, 113]") && "\(error)".contains("[24, 40, 112]")
        }
    }
}
