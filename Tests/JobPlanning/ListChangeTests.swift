import JobPlanning
import Foundation
import ImageLists
import Journal
import TestSupport
import Testing

@Suite struct ListChangeTests {
    private static let adds = " (--only-new adds what is new and leaves the rest as it is)"
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func list(_ names: [String], in place: String = "") throws -> ImageList {
        let path = folder[place + UUID().uuidString + ".txt"]
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data((names.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
        return try ImageList.read([path])
    }

    private func words(_ before: ImageList, _ now: ImageList) throws -> String? {
        let journal = try Journal.open(
            JobDirectory(folder[UUID().uuidString]), job: JobRecord(kind: .inspect, settings: [:], lists: [:]))
        let records = before.entries.map { ImageRecord(path: $0.path, location: $0.location, output: $0.outputStem) }
        try journal.register(records, role: .inspect, shards: [NewShard(images: records.count)])
        return try ListChange(of: journal, .inspect, now: now)?.words
    }

    @Test(arguments: [
        (["a", "b", "c", "d", "e"], "2 images more than this job has, the first is 'd'\(adds)"),
        (["x", "a", "b", "c"], "1 image more than this job has, the first is 'x'\(adds)"),
        (["a", "c"], "1 image fewer than this job has, the first is 'b'"),
        (["c", "a"], "1 image fewer than this job has, the first is 'b', and others in another order"),
        (["b", "a", "c"], "the same 3 images in another order"),
        (["a", "./b", "c"], "the same 3 images, but 'b' of the job is now './b'"),
        (["a", "b", "c"], "the same 3 images with other labels, masks or splits"),
        (
            ["a", "new", "c", "newer"],
            "2 images that this job does not have, the first is 'new', and 1 of its 3 are not in the list, the first is 'b'\(adds)"
        ),
    ])
    func theChangeIsTold(_ now: [String], _ expected: String) throws {
        #expect(try words(list(["a", "b", "c"]), list(now)) == expected)
    }

    @Test func aListThatMovedIsTold() throws {
        let said = try #require(try words(list(["a", "b"]), list(["a", "b"], in: "elsewhere/")))
        #expect(said == "the same 2 names in another place: '\(folder["a"])' is now '\(folder["elsewhere/a"])'")
    }

    @Test func aJobWithoutImagesTellsNothing() throws {
        let journal = try Journal.open(
            JobDirectory(folder["j"]), job: JobRecord(kind: .inspect, settings: [:], lists: [:]))
        #expect(try ListChange(of: journal, .inspect, now: list(["a"]))?.words == nil)
    }
}
