import Compute
import Foundation
import Gaussian
import Settings
import Storage
import TestSupport
import Testing

/// Sums and models that are made range by range, as several machines do.
@Suite struct RangeMergeTests {
    private let folder: TemporaryFolder
    /// A record has 2,392 bytes: some ranges have pages of their own, and some have none.
    private let sample = Sample(images: 60, patches: 97, dimension: 23, seed: 77)
    private let parts: [StatisticsFile]
    private let crew = ThreadCrew(threads: 2)

    init() throws {
        let folder = try TemporaryFolder()
        let sample = sample
        self.folder = folder
        parts = try [Array(0..<7), Array(7..<40), Array(40..<60)].enumerated().map { number, images in
            try sample.file(folder["part\(number)"], images)
        }
    }

    private static let shrinkages = [Shrinkage.none, .pooled(images: 30)]

    private func settings(_ shrinkage: Shrinkage) -> ModelSettings {
        ModelSettings(epsilon: 0.01, shrinkage: shrinkage)
    }

    private func target(_ shrinkage: Shrinkage) throws -> MergeTarget {
        try MergeTarget(
            of: parts, images: .ofFiles, settings(shrinkage), statistics: folder["statistics"], model: folder["model"])
    }

    private func merge(
        into target: MergeTarget, _ pass: MergePass, pooled: [UInt8], threads: Int = 2
    ) throws -> RangeMerge {
        let paths = try #require(target.temporaryPaths)
        return try RangeMerge(
            of: pass == .model ? [] : sources(parts), statistics: paths.statistics,
            model: pass == .sums ? nil : paths.model, pooled: pass == .model ? pooled : nil,
            crew: ThreadCrew(threads: threads), instructionSet: .best)
    }

    private func sources(_ files: [StatisticsFile]) -> [(path: String, digest: Digest)] {
        files.map { ($0.path, $0.contentDigest()) }
    }

    private func ranges(of size: Int) -> [Range<Int>] {
        stride(from: 0, to: sample.patches, by: size).map { $0..<min($0 + size, sample.patches) }
    }

    /// Makes all passes, each range by a machine of its own.
    private func make(_ target: MergeTarget, by size: Int) throws {
        for pass in target.passes {
            let pooled = pass == .model ? try target.pooled() : []
            for range in ranges(of: size).reversed() {
                let machine = try merge(into: target, pass, pooled: pooled, threads: 1 + range.lowerBound % 3)
                // A machine whose report is lost does it again.
                _ = try machine.merge(range)
                try target.take(range, machine.merge(range), pass)
            }
        }
    }

    /// What one machine makes.
    private func whole(_ shrinkage: Shrinkage) throws -> Digest {
        try StatisticsMerge.add(parts, to: folder["whole statistics"])
        return try ModelBuilder.build(
            from: StatisticsFile(path: folder["whole statistics"]), settings(shrinkage), to: folder["whole model"],
            crew: crew)
    }

    private func expectWhole() throws {
        for name in ["statistics", "model"] {
            #expect(try bytes(ofFile: folder[name]) == bytes(ofFile: folder["whole " + name]), "\(name)")
        }
    }

    @Test(arguments: shrinkages, [1, 16, 60, 97]) func anyRangesGiveTheFilesOfOneMachine(
        _ shrinkage: Shrinkage, size: Int
    ) throws {
        let digest = try whole(shrinkage)
        for isStillWritten in [false, true] {
            let target = try target(shrinkage)
            try make(target, by: size)
            let made = try target.finish(isStillWritten: isStillWritten, crew: crew)
            #expect(made.model == digest)
            #expect(try made.sums == StatisticsFile(path: folder["whole statistics"]).contentDigest())
            try expectWhole()
        }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
                == ["model", "part0", "part1", "part2", "statistics", "whole model", "whole statistics"])
    }

    /// A machine that stood still and goes on does not write into files that have their names.
    @Test func whoeverIsLateWritesIntoOtherFiles() throws {
        _ = try whole(.none)
        let target = try target(.none)
        try make(target, by: 40)
        let paths = try #require(target.temporaryPaths)
        let late = try [paths.statistics, paths.model].map {
            try FileHandle(forWritingTo: URL(fileURLWithPath: $0))
        }
        _ = try target.finish(isStillWritten: true, crew: crew)
        for file in late {
            try file.seek(toOffset: 100_000)
            try file.write(contentsOf: Data(repeating: 7, count: 1_000))
        }
        try expectWhole()
    }

    @Test(arguments: shrinkages) func aRangeThatIsMissingIsFound(_ shrinkage: Shrinkage) throws {
        let target = try target(shrinkage)
        for pass in target.passes {
            let pooled = pass == .model ? try target.pooled() : []
            for range in ranges(of: 40) {
                let machine = try merge(into: target, pass, pooled: pooled)
                let bytes = try machine.merge(range)
                // The last range of the last pass does not come.
                if range.upperBound == sample.patches, pass == target.passes.last { continue }
                try target.take(range, bytes, pass)
            }
        }
        #expect(throws: GaussianError.self) { try target.finish(isStillWritten: false, crew: crew) }
        #expect(!FileManager.default.fileExists(atPath: folder["model"]))
        #expect(!FileManager.default.fileExists(atPath: folder["statistics"]))
    }

    @Test(arguments: shrinkages) func whatIsNoRangeOfItIsRefused(_ shrinkage: Shrinkage) throws {
        let target = try target(shrinkage)
        let pass = target.passes[0]
        let machine = try merge(into: target, pass, pooled: [])
        let bytes = try machine.merge(16..<32)
        #expect(throws: GaussianError.self) { try target.take(16..<32, Array(bytes.dropLast()), pass) }
        #expect(throws: GaussianError.self) { try target.take(16..<32, bytes + [0], pass) }
        #expect(throws: GaussianError.self) { try target.take(90..<106, bytes, pass) }
        #expect(throws: GaussianError.self) { try machine.merge(90..<98) }
        #expect(throws: GaussianError.self) { try machine.merge(3..<3) }
    }

    @Test func aDamagedPartialIsNotAdded() throws {
        let target = try target(.none)
        var content = try bytes(ofFile: folder["part1"])
        content[content.count / 2] ^= 1
        try content.write(to: URL(fileURLWithPath: folder["part1"]))
        let machine = try merge(into: target, .both, pooled: [])
        #expect(throws: GaussianError.self) { for range in ranges(of: 16) { _ = try machine.merge(range) } }
    }

    @Test func filesOfAnotherMergeAreRefused() throws {
        let target = try target(.pooled(images: 30))
        let paths = try #require(target.temporaryPaths)
        // Of fewer partials, without what the covariances are drawn towards, and of files that are none of a merge.
        for (files, statistics, model) in [
            (sources(parts.dropLast()), paths.statistics, nil), ([], paths.statistics, paths.model),
            (sources(parts), paths.model, nil), (sources(parts), paths.statistics, paths.statistics),
            ([], paths.statistics, nil),
            (sources(parts.dropLast()) + [(folder["part2"], parts[0].contentDigest())], paths.statistics, nil),
        ] as [([(path: String, digest: Digest)], String, String?)] {
            #expect(throws: GaussianError.self) {
                try RangeMerge(
                    of: files, statistics: statistics, model: model, crew: crew, instructionSet: .best)
            }
        }
    }

    @Test func aCovarianceWithoutAnInverseIsNamed() throws {
        let few = Sample(images: 3, patches: 20, dimension: 23, seed: 5)
        let part = try few.file(folder["few"])
        let target = try MergeTarget(
            of: [part], images: .ofFiles, ModelSettings(epsilon: 0), statistics: folder["statistics"],
            model: folder["model"])
        let paths = try #require(target.temporaryPaths)
        let machine = try RangeMerge(
            of: sources([part]), statistics: paths.statistics, model: paths.model, crew: crew, instructionSet: .best)
        #expect(throws: CovarianceFault.self) { try machine.merge(0..<20) }
    }
}
