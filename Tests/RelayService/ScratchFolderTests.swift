import Foundation
import Gaussian
import RelayService
import Settings
import Storage
import TestSupport
import Testing

/// The folder that relays share for their sums.
@Suite struct ScratchFolderTests {
    private let folder: TemporaryFolder
    private var shared: String { folder.path }

    init() throws { folder = try TemporaryFolder() }

    private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: shared) }

    /// What a relay leaves that is killed: its lock is nobody's.
    private func leave(_ name: String, bytes: Int) throws {
        try Folder.create("\(shared)/\(name)")
        try Data().write(to: URL(filePath: "\(shared)/\(name)/lock"))
        try Data(count: bytes).write(to: URL(filePath: "\(shared)/\(name)/sums-3.Ab12xZ"))
    }

    @Test func whatKilledRelaysLeftIsRemovedAndNothingElse() throws {
        let living = try ScratchFolder(in: shared)
        try Data(count: 100_000).write(to: URL(filePath: "\(living.path)/sums-1.abcdef"))
        try leave("relay-sums-1", bytes: 1 << 20)
        try leave("relay-sums-2", bytes: 1 << 19)
        // A relay was killed before it made its lock file.
        try Folder.create("\(shared)/relay-sums-3")
        // Folders that are not a relay's, or hold files of others.
        try leave("results", bytes: 1_000)
        try leave("relay-sums-4", bytes: 1_000)
        try Data().write(to: URL(filePath: "\(shared)/relay-sums-4/thesis.tex"))
        let freed = ScratchFolder.removeLeftovers(in: shared)
        #expect((3 << 19...(3 << 19) + 20_000).contains(freed), "\(freed)")
        #expect(try Set(names()) == [Folder.name(of: living.path), "results", "relay-sums-4"])
        #expect(FileManager.default.fileExists(atPath: "\(living.path)/sums-1.abcdef"))
        #expect(FileManager.default.fileExists(atPath: "\(shared)/relay-sums-4/thesis.tex"))
        #expect(ScratchFolder.removeLeftovers(in: shared) == 0)
    }

    @Test func aRelayThatEndsLeavesNothing() throws {
        do {
            let folder = try ScratchFolder(in: shared)
            try Data(count: 10).write(to: URL(filePath: "\(folder.path)/sums-1.abcdef"))
            #expect(try names().count == 1)
        }
        #expect(try names().isEmpty)
    }

    /// Each counts what the others will still write, as long as they live. What stands in a lock file is not trusted.
    @Test func roomIsPromisedOnce() throws {
        let here = try ScratchFolder(in: shared)
        var there: ScratchFolder? = try ScratchFolder(in: shared)
        let far = try ScratchFolder(in: shared)
        #expect(here.claimsOfOthers() == 0)
        there?.claim(5_000)
        far.claim(300)
        #expect(here.claimsOfOthers() == 5_300 && there?.claimsOfOthers() == 300 && far.claimsOfOthers() == 5_000)
        there?.claim(-4)
        #expect(here.claimsOfOthers() == 300)
        there?.claim(.max)
        #expect(here.claimsOfOthers() == .max)
        there = nil
        #expect(here.claimsOfOthers() == 300)
        try Data("a".utf8).write(to: URL(filePath: "\(far.path)/lock"))
        #expect(here.claimsOfOthers() == 0)
    }

    /// The shortage is said when a stage begins, and not when a disk is full.
    @Test func aRelayIsToldOfTheRoomThatOthersNeed() throws {
        let space = try FeatureSpace(
            backbone: "none", weights: Digest(of: [1]), layers: ["a"], channels: [0],
            input: InputSettings(height: 1, width: 3), gridHeight: 1, gridWidth: 3,
            grid: FixedPointGrid(layerChannels: [1], kept: [0]))
        var other: ScratchFolder? = try ScratchFolder(in: shared)
        let sums = try RelaySums(folder: shared, uploads: 4, threads: 1)
        sums.begin(space)
        #expect(try sums.reserve() == 12)
        let claimed = other?.claimsOfOthers() ?? 0
        #expect(claimed >= 12 * 48, "\(claimed)")
        // What is there is not claimed any more.
        try sums.create(7, images: 1, clamped: 0, samples: 1)
        #expect(other?.claimsOfOthers() == claimed / 12 * 11)
        sums.drop(7)
        #expect(other?.claimsOfOthers() == claimed)
        sums.begin(nil)
        #expect(try sums.reserve() == nil && other?.claimsOfOthers() == 0)
        other?.claim(.max)
        sums.begin(space)
        let said = #expect(throws: StorageError.self) { try sums.reserve() }
        #expect(said.map { "\($0)".contains("of which other relays need") } == true, "\(said.map { "\($0)" } ?? "")")
        #expect(other?.claimsOfOthers() == 0)
        other = nil
        #expect(try sums.reserve() == 12)
    }
}
