import Compute
import Foundation
import Gaussian
import PaDiM
import TestSupport
import Testing

@Suite struct FitterTests {
    private let folder: TemporaryFolder
    private let network: SmallNetwork
    private let files: [String]
    private let grid: FixedPointGrid

    init() throws {
        folder = try TemporaryFolder()
        network = try SmallNetwork()
        files = try Photographs.write(13, into: folder)
        let embedder = try Embedder(space: network.space, weights: network.weights, crew: ThreadCrew(threads: 2))
        grid = try Calibrator(embedder: embedder).grid(files).grid
    }

    private func fitter(threads: Int = 2, batch: Int? = nil, _ set: InstructionSet = .best) throws -> Fitter {
        let embedder = try Embedder(
            space: network.space, weights: network.weights, instructionSet: set, crew: ThreadCrew(threads: threads),
            batchSize: batch)
        return try Fitter(embedder: embedder, grid: grid)
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

    @Test func sharesOfTwoWorkersAddUp() throws {
        let (one, two, whole) = try (fitter(threads: 1, batch: 4), fitter(threads: 2), fitter())
        _ = try one.fold(Array(files[..<5]))
        _ = try two.fold(Array(files[5...]))
        _ = try whole.fold(files)
        try one.statistics.add(two.statistics)
        #expect(try one.statistics.content == whole.statistics.content)
    }

    @Test(arguments: InstructionSet.available)
    func whatCalibratedIsFoldedWithoutBeingReadAgain(set: InstructionSet) throws {
        // A grid with too little room, so that numbers are clamped and counted in both.
        let tight = try FixedPointGrid(exponents: grid.exponents.map { $0 + 5 })
        func fitter() throws -> Fitter {
            try Fitter(
                embedder: Embedder(
                    space: network.space, weights: network.weights, instructionSet: set, crew: ThreadCrew(threads: 2)),
                grid: tight)
        }
        let (plain, calibrating) = try (fitter(), fitter())
        #expect(try plain.fold(files).isEmpty)
        #expect(plain.statistics.clamped > 0)
        _ = try Calibrator(embedder: calibrating.embedder).grid(Array(files[3...]))
        for file in files[3...] { try FileManager.default.removeItem(atPath: file) }
        #expect(try calibrating.fold(files).isEmpty)
        #expect(try calibrating.statistics.content == plain.statistics.content)
        #expect(calibrating.statistics.clamped == plain.statistics.clamped)
        // Once: then they are images like others.
        #expect(try calibrating.fold(files).count == files.count - 3)
    }

    @Test func imagesThatCannotBeReadAreToldAndLeftOut() throws {
        try Data("no image".utf8).write(to: URL(fileURLWithPath: folder["text.png"]))
        try Data().write(to: URL(fileURLWithPath: folder["empty.png"]))
        let bytes = try Data(contentsOf: URL(fileURLWithPath: files[0]))
        try bytes.prefix(300).write(to: URL(fileURLWithPath: folder["short.bmp"]))
        let bad = [folder["text.png"], folder["absent.png"], folder["empty.png"], folder["short.bmp"]]
        let fitter = try fitter(batch: 4)
        let mixed = [bad[0]] + files[..<6] + [bad[1], bad[2]] + files[6...] + [bad[3]]
        let failures = try fitter.fold(mixed)
        #expect(failures.map(\.index) == [0, 7, 8, 16])
        #expect(failures.map(\.file) == bad)
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
        // A grid that leaves no room at all.
        let tight = try FixedPointGrid(exponents: grid.exponents.map { $0 + 8 })
        let embedder = try Embedder(space: network.space, weights: network.weights, crew: ThreadCrew(threads: 2))
        let fitter = try Fitter(embedder: embedder, grid: tight)
        _ = try fitter.fold(files)
        #expect(fitter.statistics.clamped > 0)
        try StatisticsFileWriter.write(fitter.statistics, space: network.space, grid: tight, to: folder["s"])
        try StatisticsFile(path: folder["s"]).verify()
        let roomy = try self.fitter()
        _ = try roomy.fold(files)
        #expect(roomy.statistics.clamped == 0)
    }

    @Test func theCalibrationIsTheSameForAnyThreads() throws {
        for threads in [1, 3] {
            let embedder = try Embedder(
                space: network.space, weights: network.weights, crew: ThreadCrew(threads: threads))
            let bad = folder["absent"]
            let found = try Calibrator(embedder: embedder).grid([bad] + files.reversed())
            #expect(found.grid == grid)
            #expect(found.failures.map(\.index) == [0])
            #expect(throws: PaDiMError.self) { try Calibrator(embedder: embedder).grid([bad]) }
        }
    }

    @Test func theSumsAreThoseOfTheEmbeddings() throws {
        // A fit of one image: the sums are its fixed-point embedding, within half a step of the floats' maxima.
        let embedder = try Embedder(space: network.space, weights: network.weights, crew: ThreadCrew(threads: 1))
        let maxima = try Calibrator(embedder: embedder).maxima([files[3]]).maxima
        let fitter = try fitter()
        _ = try fitter.fold([files[3]])
        let record = Statistics.chunkByteCount(patches: 1, dimension: 13) / 8
        let words = try fitter.statistics.withChunk(patches: 0..<fitter.statistics.patches) {
            Array($0.bindMemory(to: Int64.self))
        }
        for channel in 0..<13 {
            let sums = stride(from: channel, to: words.count, by: record).map { abs(words[$0]) }
            let expected = Double(maxima[channel]) * Double(grid.scales[channel])
            #expect(abs(Double(sums.max() ?? 0) - expected) <= 0.5)
        }
    }
}
