import Cluster
import CoordinatorService
import Foundation
import JobRules
import Settings
import Storage
import TestSupport
import Testing

/// Maps get their names when the results of their shard are about to count, and none takes the place of one that counts.
@Suite struct ArtifactNamingTests {
    let job: JobWithSums
    let place = "maps/today/a.png"

    init() throws { job = try JobWithSums() }

    private var files: JobDirectoryFiles { job.files }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: job.folder["job/maps/today"]).sorted()
    }

    private func named() throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(fileURLWithPath: job.folder["job/\(place)"])))
    }

    /// Whoever writes late, sent or in place, writes what nobody reads.
    @Test func whatComesLateTakesNoPlace() throws {
        try files.storeArtifact([1], at: place, under: 1)
        try files.storeArtifact([2], at: place, under: 2)
        #expect(try names() == ["a.png.1", "a.png.2"], "neither counts")
        #expect(
            files.hasArtifact(place, under: 2, isWaitedFor: true)
                && !files.hasArtifact(place, under: 3, isWaitedFor: false))
        try files.nameArtifact(place, under: 2)
        try files.syncArtifacts()
        try files.storeArtifact([3], at: place, under: 1)
        #expect(try named() == [2])
        files.dropArtifact(place, under: 1)
        files.dropArtifact(place, under: 7)
        #expect(try names() == ["a.png"])
        // What is scored again, since it was found to be wrong, takes the place.
        try files.storeArtifact([4], at: place, under: 9)
        try files.nameArtifact(place, under: 9)
        #expect(try named() == [4])
    }

    @Test func aLinkIsNoMap() throws {
        try Folder.create(job.folder["job/maps/today"])
        _ = try job.folder.file("precious", [1, 2])
        symlink(job.folder["precious"], job.folder["job/\(place).1"])
        #expect(!files.hasArtifact(place, under: 1, isWaitedFor: true))
    }

    @Test func whatCannotBeNamedIsAnErrorThatNamesIt() throws {
        #expect { try files.nameArtifact(place, under: 1) } throws: { "\($0)".contains(place) }
        try Folder.create(job.folder["job/\(place)"])
        try files.storeArtifact([1], at: place, under: 1)
        #expect { try files.nameArtifact(place, under: 1) } throws: { "\($0)".contains(place) }
    }

    /// In this order a crash between any two steps leaves no result without its map; the simulator has such crashes.
    @Test func theNameIsThereBeforeTheResultCounts() throws {
        let order = InspectionOrder(
            settings: InspectionSettings(maps: .npy), mapScaleExponent: 8, firstColor: 1, lastColor: 2,
            directory: job.directory.path, probe: "probe", probeValue: "1")
        let waiting = WaitingArtifacts(lease: 5, of: [ArtifactOfImage(image: 1, kind: .map)])
        let outcome = ImageOutcome(id: 1, score: 1, maxRow: 0, maxColumn: 0, flagged: nil)
        let steps = ArchiveOrder.commitResults(
            shard: 1, role: .inspect, outcomes: [outcome], order: order, artifacts: waiting
        ).steps.map { "\($0)".prefix { $0 != "(" } }
        #expect(steps == ["look", "nameArtifacts", "syncArtifacts", "commitResults", "report"])
    }
}
