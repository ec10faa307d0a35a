import Foundation
import ImageAccess
import ImageLists
import ObjectStores
import Storage
import TestServers
import TestSupport
import Testing

/// Lists of what lies in buckets and on web servers, and lists that lie there.
@Suite struct ObjectListTests {
    private let bucket: TestBucket
    private let folder: TemporaryFolder

    init() throws { (bucket, folder) = (try TestBucket(), try TemporaryFolder()) }

    private func read(_ sources: String...) throws -> ImageList {
        let client = bucket.client
        return try ImageList.read(sources, reader: ImageReader { client })
    }

    private func refusal(_ source: String) -> String {
        do {
            return "\(try read(source).entries.count) images were read"
        } catch {
            return "\(error)"
        }
    }

    @Test func aPrefixIsListedAsTheFolderWouldBe() throws {
        let names = [
            "b.png", "a/z.jpg", "a b/ä.png", "B.PNG", ".hidden.png", ".git/x.png", "notes.txt", "x.tar", "+%.tif",
            "a/y/1.bmp",
        ]
        for name in names {
            try folder.write("x", to: "in/" + name)
            try bucket.put("x", at: "in/" + name)
        }
        // As some tools do for a folder.
        try bucket.client.perform(ObjectRequest(.put, .bucket(BucketAddress(bucket: bucket.name, key: "in/a/"))))
        try bucket.put("x", at: "index.png")
        let (local, remote) = (try read(folder["in"]), try read(bucket.text("in/")))
        #expect(remote.entries.map(\.path) == local.entries.map(\.path) && remote.entries.count == 6)
        #expect(remote.entries.map(\.outputStem) == local.entries.map(\.outputStem))
        #expect(remote.passedOver == local.passedOver)
        #expect(remote.entries.map(\.location.text) == remote.entries.map { bucket.text("in/" + $0.path) })
        guard case .object(let object) = remote.entries[0].location else { throw CocoaError(.fileReadUnknown) }
        #expect(object.version != nil)
        #expect(try read(bucket.text()).entries.count == 7)
    }

    @Test func listsMeanTheSameWhereverTheyLie() throws {
        let csv =
            "image_path,label_index,mask_path,split\nimg/a b#1.png,0,,train\n../up/ü%20.png,1,../m/1.png,test\n/root.png,0,,\n"
        try bucket.put(csv, at: "lists/l.csv")
        try bucket.put("img/a.png\n# none\ns3://other/x/c.png\nhttp://h:8080/d e.png\n", at: "lists/l.txt")
        let list = try read(bucket.text("lists/l.csv"))
        #expect(
            list.entries.map(\.location.text) == [
                bucket.text("lists/img/a b#1.png"), bucket.text("up/ü%20.png"), bucket.text("root.png"),
            ])
        #expect(list.entries[1].mask?.text == bucket.text("m/1.png") && list.entries.map(\.label) == [0, 1, 0])
        let text = try read(bucket.text("lists/l.txt"))
        #expect(
            text.entries.map(\.location.text) == [
                bucket.text("lists/img/a.png"), "s3://other/x/c.png", "http://h:8080/d%20e.png",
            ])
        #expect(text.entries.map(\.outputStem) == ["img/a", "other/x/c", "h:8080/d e"])
    }

    /// A list on a disk may name objects; a list of a server names no file of this machine.
    @Test func listsOfServersNameNoFilesHere() throws {
        let local = try folder.write("HTTPS://H/a.png\nb.png\n", to: "l.txt")
        #expect(try read(local).entries.map(\.location.text) == ["https://h/a.png", folder["b.png"]])
        try bucket.put("/etc/passwd.png\n", at: "l.txt")
        #expect(try read(bucket.text("l.txt")).entries.map(\.location.text) == [bucket.text("etc/passwd.png")])
        for (line, says) in [
            ("file:///etc/a.png", "objects are read from"), ("../../a.png", "above the root"),
            ("https://u:hush@h/a.png", ".netrc"),
        ] {
            try bucket.put("a.png\n\(line)\n", at: "l2.txt")
            let refusal = refusal(bucket.text("l2.txt"))
            #expect(refusal.contains("l2.txt:2") && refusal.contains(says) && !refusal.contains("hush"), "\(refusal)")
        }
    }

    @Test func anObjectThatIsListedTwiceIsOne() throws {
        try bucket.put("a.png\n./a.png\n\(bucket.text("a.png"))\n", at: "l.txt")
        let list = try read(bucket.text("l.txt"))
        #expect(list.entries.count == 1 && list.duplicates.count == 2)
    }

    @Test func archivesAreListedWhereTheyLie() throws {
        let tar = folder["n.tar"]
        for name in ["1.png", "d/2.png", "d/2.cls"] {
            try folder.write(name.hasSuffix("cls") ? "1" : "image", to: "t/" + name)
        }
        let made = try Process.run(
            URL(fileURLWithPath: "/usr/bin/env"), arguments: ["tar", "-C", folder["t"], "-cf", tar, "1.png", "d"])
        made.waitUntilExit()
        try bucket.put(Array(Data(contentsOf: URL(fileURLWithPath: tar))), at: "in/n.tar")
        try bucket.put("n.tar\n", at: "in/all.txt")
        try bucket.put("n.tar/d/2.png\nn.tar/none.png\nm.tar/x.png\n", at: "in/some.txt")
        let client = bucket.client
        let reader = ImageReader { client }
        for source in ["in/n.tar", "in/all.txt", "in/"] {
            let list = try read(bucket.text(source))
            #expect(list.entries.map(\.path) == ["n.tar/1.png", "n.tar/d/2.png"], "\(source)")
            #expect(
                list.entries.map(\.location.text) == [bucket.text("in/n.tar/1.png"), bucket.text("in/n.tar/d/2.png")])
            #expect(list.entries[1].label == 1)
            #expect(try reader.read(list.entries[1].location, limit: 9) == Array("image".utf8))
        }
        let some = try read(bucket.text("in/some.txt"))
        #expect(try reader.read(some.entries[0].location, limit: 9) == Array("image".utf8))
        #expect(some.missing().count == 1)
        #expect(some.entries[2].location == .object(StoredObject(address: bucket.text("in/m.tar/x.png"))))
        // A job's journal knows the archive's version: another one is found out.
        try bucket.put(Array(Data(contentsOf: URL(fileURLWithPath: tar)).reversed()), at: "in/n.tar")
        #expect { try ImageReader { client }.read(some.entries[0].location, limit: 9) } throws: {
            "\($0)".contains("changed")
        }
    }

    @Test func whatIsNoListSaysWhatIsMeant() throws {
        try bucket.put("x", at: "in/a.png")
        try bucket.put([0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, 0, 0, 0, 13], at: "b.png")
        #expect(refusal(bucket.text("in")).contains("write \(bucket.text("in/"))"))
        #expect(refusal(bucket.text("none.csv")).contains("no such object"))
        #expect(refusal(bucket.text("b.png")).contains("an image, not a list"))
        #expect(refusal(bucket.text("none/")).contains("no image in this folder"))
        #expect(refusal("s3://bucket-of-nobody/in/").contains("no such bucket"))
        #expect(refusal("http://127.0.0.1:1/folder/").contains("list.txt"))
        #expect(refusal("gs://b/c").contains("AWS_ENDPOINT_URL=https://storage.googleapis.com"))
    }

    @Test func webServersHaveListsAndImages() throws {
        try folder.write("a b.png\nsub/ä#.png\n", to: "web/list.txt")
        let server = try ServerProcess.web(folder["web"])
        let list = try read(server.address + "/list.txt")
        #expect(
            list.entries.map(\.location.text) == [server.address + "/a%20b.png", server.address + "/sub/%C3%A4%23.png"])
        #expect(list.entries.map(\.outputStem) == ["a b", "sub/ä#"])
    }
}
