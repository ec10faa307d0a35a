import JobPlanning
import Foundation
import ImageLists
import Journal
import Settings
import TestSupport
import Testing

@Suite struct ListReaderTests {
    let folder: TemporaryFolder
    let saying = Saying()

    init() throws { folder = try TemporaryFolder() }

    private func list(_ name: String, _ lines: [String]) throws -> String {
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: folder[name]))
        return folder[name]
    }

    /// Three rows to fit, two to test, one to validate, one without a split; all files are there.
    private func mixed() throws -> String {
        let splits = ["train", "test", "train", "val", "", "test", "train"]
        for number in splits.indices { try Data([1]).write(to: URL(fileURLWithPath: folder["\(number).png"])) }
        return try list(
            "mixed.csv",
            ["image_path,label_index,split"] + splits.enumerated().map { "\($0.offset).png,0,\($0.element)" })
    }

    private func read(_ source: String, _ split: SplitSelection?, _ role: ImageRole, job: String = "job") throws
        -> [String]
    {
        try ListReader(job: folder[job], logger: saying.logger).read([source], split: split, role: role).entries.map(
            \.path)
    }

    @Test(arguments: [
        (nil, ImageRole.normal, "0246", "3 of the list's 7 images are not fitted: 2 of split 'test', 1 of split 'val'"),
        (nil, .inspect, "1345", "3 of the list's 7 images are not inspected: 3 of split 'train'"),
        (SplitSelection("test"), .inspect, "145", "4 of the list's 7 images are not inspected"),
        (.all, .normal, "0123456", ""),
        (.all, .inspect, "0123456", ""),
    ])
    func theSplitIsObeyedAloud(_ split: SplitSelection?, _ role: ImageRole, _ expected: String, _ words: String) throws
    {
        #expect(try read(mixed(), split, role) == expected.map { "\($0).png" })
        #expect(words.isEmpty ? !saying.text.contains("split") : saying.text.contains(words), "\(saying.text)")
        #expect(words.isEmpty || saying.text.contains("--split"))
    }

    @Test func nothingToFitIsAWrongRequest() throws {
        try Data([1]).write(to: URL(fileURLWithPath: folder["a.png"]))
        let path = try list("test.csv", ["image_path,split", "a.png,test"])
        #expect { _ = try read(path, nil, .normal) } throws: {
            "\($0)".contains("none of the list's 1 images is to be fitted") && "\($0)".contains("'test'")
                && "\($0)".contains("--split")
        }
        #expect(try read(path, SplitSelection("test"), .normal) == ["a.png"])
    }

    /// Earlier releases fitted and inspected whole lists: such a job goes on as it began.
    @Test func aJobThatBeganWithAllGoesOnWithAll() throws {
        let path = try mixed()
        let whole = try ImageList.read([path])
        let record = JobRecord(kind: .inspect, settings: [:], lists: [.inspect: whole.digest()])
        try Journal.open(JobDirectory(folder["old"]), job: record).close()
        #expect(try read(path, nil, .inspect, job: "old").count == 7)
        #expect(saying.text.contains("began with all 7 images"))
        #expect(try read(path, SplitSelection("test"), .inspect, job: "old").count == 3)
        #expect(try read(path, nil, .inspect, job: "new").count == 4)
    }

    /// Images of kinds that are not read are warned of, with counts; files that are no images are only mentioned.
    @Test func kindsThatAreNotReadAreWarnedOf() throws {
        let images = folder["images"]
        try FileManager.default.createDirectory(atPath: images, withIntermediateDirectories: true)
        func put(_ count: Int, _ kind: String) throws {
            for number in 0..<count { try Data([1]).write(to: URL(fileURLWithPath: "\(images)/\(number).\(kind)")) }
        }
        try put(3, "png")
        try put(2, "txt")
        _ = try read(images, nil, .inspect)
        #expect(saying.text == "info: folders have other files beside images: 2 txt")
        try put(2, "gif")
        _ = try read(images, nil, .inspect)
        #expect(
            saying.text.contains("warning: 2 of the folders' 5 images are passed over, since")
                && saying.text.contains("(2 gif)"))
        try put(60, "heic")
        _ = try read(images, nil, .inspect)
        #expect(saying.text.contains("warning: 62 of the folders' 65 images are passed over: most of what is there"))
        #expect(saying.text.contains("60 heic, 2 gif"))
    }
}
