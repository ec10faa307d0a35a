import Foundation
import ImageAccess
import ImageLists
import Imaging
import Storage
import TestSupport
import Testing

/// Lists that name archives, which GNU tar and zip write here.
@Suite struct ArchiveListTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func run(_ command: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-euc", "cd '\(folder.path)'; \(command)"]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    private func makeImages() throws {
        for name in ["b/10.png", "b/2.png", "a.png", "b-c.jpg", "notes.txt"] {
            try folder.write("bytes of \(name)", to: "images/" + name)
        }
    }

    /// The list of the files in a folder, and of the same files in archives, say the same in the same order, and the bytes are the same.
    @Test(arguments: ["tar cf ../x.tar .", "tar czf ../x.tar.gz *", "tar cJf ../x.tar.xz *"])
    func anArchiveIsReadAsTheFolderThatItWouldBecome(_ pack: String) throws {
        try makeImages()
        try run("cd images; \(pack)")
        let name = try #require(pack.split(separator: "/").last?.split(separator: " ").first)
        let plain = try ImageList.read([folder["images"]])
        let packed = try ImageList.read([folder[String(name)]])
        #expect(packed.entries.map(\.path) == plain.entries.map { "\(name)/" + $0.path })
        #expect(packed.entries.map(\.outputStem) == plain.entries.map { "\(name)/" + $0.outputStem })
        #expect(packed.sources.map(\.kind) == [.archive] && packed.passedOver.counts == ["txt": 1])
        for (first, second) in zip(plain.entries, packed.entries) {
            let bytes = try ImageReader.standard.read(second.location, limit: 1 << 20)
            #expect(try ImageReader.standard.read(first.location, limit: 1 << 20) == bytes)
        }
    }

    @Test func listsNameArchivesAndTheirMembers() throws {
        try makeImages()
        try run("tar cf x.tar images")
        let list = try ImageList.read([
            folder.write(
                """
                image_path,label_index,mask_path
                x.tar/images/b/2.png,1,x.tar/images/a.png
                x.tar/images/none.png,0,
                images/a.png,0,
                x.tar,0,
                none.tar/a.png,0,
                """, to: "list.csv")
        ])
        // The member that was listed before is left out where the whole archive is listed.
        #expect(
            list.entries.map(\.path) == [
                "x.tar/images/b/2.png", "x.tar/images/none.png", "images/a.png", "x.tar/images/a.png",
                "x.tar/images/b-c.jpg", "x.tar/images/b/10.png", "none.tar/a.png",
            ])
        #expect(list.duplicates.map(\.path) == ["x.tar/images/b/2.png"])
        #expect(list.entries.map(\.label) == [1, 0, 0, 0, 0, 0, 0])
        guard case .member(let mask) = list.entries[0].mask else {
            Issue.record("the mask is no member")
            return
        }
        #expect(mask.name == "images/a.png")
        #expect(list.missing().map(\.path) == ["x.tar/images/none.png", "none.tar/a.png"])
        #expect(list.whyMissing(list.entries[1]).contains("no member of this name"))
    }

    @Test func aFolderOfAnArchiveIsASource() throws {
        try makeImages()
        try run("tar cf x.tar images; mkdir real.tar; cp images/a.png real.tar")
        #expect(
            try ImageList.read([folder["x.tar/images/b"]]).entries.map(\.path) == [
                "x.tar/images/b/10.png", "x.tar/images/b/2.png",
            ])
        #expect(try ImageList.read([folder["x.tar/images/a.png"]]).entries.map(\.path) == ["x.tar/images/a.png"])
        #expect { try ImageList.read([folder["x.tar/none"]]) } throws: { "\($0)".contains("no image in this archive") }
        // A folder that is named as an archive is a folder.
        #expect(try ImageList.read([folder["real.tar"]]).entries.map(\.path) == ["a.png"])
    }

    @Test func aFolderOfArchivesIsSearched() throws {
        try makeImages()
        try run("mkdir -p n/m; tar cf n/2.tar -C images b; tar cf n/m/1.tar -C images a.png")
        #expect(
            try ImageList.read([folder["n"]]).entries.map(\.path) == [
                "2.tar/b/10.png", "2.tar/b/2.png", "m/1.tar/a.png",
            ])
        // Beside images they may have the same ones.
        try run("cp images/a.png n")
        let list = try ImageList.read([folder["n"]])
        #expect(list.entries.map(\.path) == ["a.png"] && list.passedOver.archives == 2)
    }

    /// WebDataset's layout.
    @Test func filesBesideAnImageSayMoreOfIt() throws {
        for (name, text) in [
            ("1.png", "x"), ("1.cls", "0\n"), ("2.seg.png", "x"), ("2.cls", "1"), ("3.jpg", "x"),
            ("3.json", #"{"label": "scratch", "label_index": 2, "split": "test", "lot": 7, "more": []}"#),
            ("4.png", "x"),
        ] { try folder.write(text, to: "s/" + name) }
        try run("tar cf s.tar -C s .")
        let list = try ImageList.read([folder["s.tar"]])
        #expect(list.entries.map(\.label) == [0, 1, 2, nil])
        #expect(list.entries.map(\.kind) == [nil, nil, "scratch", nil])
        #expect(
            list.entries.map(\.split) == [nil, nil, "test", nil] && list.entries.map(\.lot) == [nil, nil, "7", nil])
        #expect(list.passedOver.counts.isEmpty)
        try folder.write("maybe", to: "s/4.cls")
        try run("tar cf s.tar -C s .")
        #expect { try ImageList.read([folder["s.tar"]]) } throws: { "\($0)".contains("beside '4.png'") }
    }

    /// It counts as an image that cannot be read.
    @Test func aCutArchiveIsSaid() throws {
        try makeImages()
        try run("tar cf x.tar --sort=name images; truncate -s 3000 x.tar")
        let list = try ImageList.read([folder["x.tar"]])
        let refused = list.entries.filter { if case .refused = $0.location { true } else { false } }
        #expect(refused.contains { $0.path == "x.tar" } && refused.count < list.entries.count)
        #expect(list.archiveRemarks.count == 1)
        #expect(throws: ImageAccessError.self) { try ImageReader.standard.read(refused[0].location, limit: 100) }
    }

    /// All but the last 64 kB that were decompressed.
    @Test(arguments: ["z", "J", "-zstd"]) func whatIsBeforeACutOfACompressedArchiveIsRead(_ option: String) throws {
        try run(
            "mkdir s; for i in $(seq 10 49); do head -c 20000 /dev/urandom > s/$i.png; done; "
                + "tar -c -\(option) -f x.tar --sort=name s; truncate -s 400000 x.tar")
        let list = try ImageList.read([folder["x.tar"]])
        #expect(list.archiveRemarks.count == 1)
        let contents = list.entries.map { try? ImageReader.standard.read($0.location, limit: 1 << 20) }
        let read = contents.prefix { $0 != nil }.count
        #expect((15...20).contains(read))
        #expect(contents.dropFirst(read).allSatisfy { $0 == nil })
        for (entry, content) in zip(list.entries, contents) where content != nil {
            let file = folder[String(entry.path.dropFirst("x.tar/".count))]
            #expect(try content == [UInt8](Data(contentsOf: URL(fileURLWithPath: file))))
        }
    }

    @Test func anArchiveWithoutImagesIsSaid() throws {
        try folder.write("x", to: "notes.txt")
        try run("tar cf x.tar notes.txt")
        #expect { try ImageList.read([folder["x.tar"]]) } throws: { "\($0)".contains("no image in this archive") }
    }
}
