import JobPlanning
import Foundation
import Journal
import Storage
import TestSupport
import Testing

/// Jobs that a release before 0.2 began: their fits had a fixed-point grid that came from their first images.
@Suite struct EarlierJobsTests {
    private let folder: TemporaryFolder
    private let asked = JobRecord(
        kind: .fit, settings: ["backbone": "resnet18", "grid-exponent": "9,9,9"], lists: [.normal: Digest(of: [1])])

    init() throws { folder = try TemporaryFolder() }

    private func record(_ settings: [String: String]) -> JobRecord {
        JobRecord(
            kind: .fit, settings: settings.merging(["backbone": "resnet18"]) { first, _ in first },
            lists: [.normal: Digest(of: [1])])
    }

    private func begin(_ record: JobRecord) throws -> Journal {
        let journal = try Journal.open(JobDirectory(folder.path), job: record)
        let images = (0..<4).map { ImageRecord(path: "\($0).png", location: .file("/\($0).png"), output: "\($0)") }
        try journal.register(images, role: .normal, shards: [NewShard(images: 4)])
        return journal
    }

    @Test(arguments: [["shard-size": "64"], ["shard-size": "8", "grid": "9 10 11"]])
    func itsSettingsAreThoseOfTheSameCommandNow(settings: [String: String]) {
        #expect(record(settings).translated(for: asked).differences(from: asked).isEmpty)
        let other = JobRecord(kind: .fit, settings: ["backbone": "resnet50"], lists: asked.lists)
        #expect(!record(settings).translated(for: asked).differences(from: other).isEmpty)
        // A job of this release stays as it is.
        #expect(asked.translated(for: other) == asked)
    }

    @Test func anUnfinishedFitIsRefusedInWords() throws {
        let journal = try begin(record(["shard-size": "64"]))
        #expect { try journal.requireFoldableSums() } throws: { error in
            "\(error)".contains(folder.path) && "\(error)".contains("Finish it with the release that began it")
        }
    }

    @Test func aFinishedFitGoesOn() throws {
        let journal = try begin(record(["shard-size": "64"]))
        let partial = PartialRecord(file: "7.safetensors", images: 4, clamped: 0, digest: Digest(of: [7]))
        let shards = try journal.shards(.normal).map(\.id)
        try journal.commit(partial: partial, shards: shards, role: .normal, failures: [])
        try journal.requireFoldableSums()
    }

    @Test func anUnfinishedFitOfThisReleaseGoesOn() throws { try begin(asked).requireFoldableSums() }
}
