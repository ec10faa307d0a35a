import Foundation
import ImageLists
import Imaging
import TestSupport
import Testing

@Suite struct ImageListTests {
    @Test func aFolderIsWalkedAndSorted() throws {
        let folder = try TemporaryFolder()
        for name in [
            "b/2.PNG", "b/10.png", "a.jpeg", "z.tif", "Z.bmp", "é.png", "b/.hidden.png", ".git/c.png", "b/notes.txt",
        ] {
            try folder.write([1], to: name)
        }
        let list = try ImageList.read([folder.path])
        #expect(list.entries.map(\.path) == ["Z.bmp", "a.jpeg", "b/10.png", "b/2.PNG", "z.tif", "é.png"])
        #expect(list.entries[2].location.text == folder.path + "/b/10.png")
        #expect(list.passedOver.counts == ["txt": 1])
        #expect(list.duplicates.isEmpty)
        let within: [String] = [folder.path + "/b/10.png", folder.path + "/b/2.PNG"]
        #expect(try ImageList.read([folder.path + "//b/./"]).entries.map(\.location.text) == within)
    }

    /// What can be read is found, and what is known and cannot is told from files that are no images.
    @Test func everyKindThatIsReadIsFound() throws {
        let folder = try TemporaryFolder()
        let read = [
            "png", "jpg", "jpeg", "jpe", "jfif", "jfi", "tif", "tiff", "bmp", "dib", "webp", "pgm", "ppm", "pbm", "pnm",
        ]
        let foreign = ["heic", "avif", "jxl", "gif", "jp2", "dng", "raw", "dcm", "psd", "exr"]
        for kind in read + foreign + ["txt", "json", "pdf"] {
            try folder.write([1], to: "a." + kind)
            try folder.write([1], to: "b/c." + kind.uppercased())
        }
        try folder.write([1], to: "README")
        let list = try ImageList.read([folder.path])
        #expect(Set(list.entries.map(\.path)) == Set(read.flatMap { ["a." + $0, "b/c." + $0.uppercased()] }))
        #expect(list.passedOver.images == Dictionary(uniqueKeysWithValues: foreign.map { ($0, 2) }))
        #expect(list.passedOver.others == ["txt": 2, "json": 2, "pdf": 2, "": 1])
        // The results of two kinds of one name do not collide.
        #expect(Set(list.entries.map { $0.outputRelativePath(fileExtension: "png").lowercased() }).count == 30)
    }

    @Test func aFolderOfOtherKindsSaysWhatItHas() throws {
        let folder = try TemporaryFolder()
        for number in 0..<7 { try folder.write([1], to: "\(number).heic") }
        try folder.write([1], to: "notes.txt")
        #expect { try ImageList.read([folder.path]) } throws: {
            "\($0)".contains("no image in this folder") && "\($0)".contains("7 heic, 1 txt")
        }
    }

    @Test func mapsOfJobsAreNoImages() throws {
        let folder = try TemporaryFolder()
        for name in ["a.png", "out/maps/a.png", "out/overlays/x/a.png", "out/b.png", "maps/c.png", "maps/maps/d.png"] {
            try folder.write([1], to: name)
        }
        let without = ["a.png", "maps/c.png", "maps/maps/d.png", "out/b.png"]
        #expect(try ImageList.read([folder.path]).entries.count == 6)
        try folder.write([1], to: "out/job.sqlite")
        let list = try ImageList.read([folder.path])
        #expect(list.entries.map(\.path) == without)
        #expect(list.passedOver.counts == ["results of a job": 2, "sqlite": 1])
        // The job that is to be owns its folder, before it begins and after.
        #expect(
            try ImageList.read([folder.path], passingOver: folder.path + "/out").entries.map(\.path)
                == Array(without[..<3]))
        let own = ["a.png", "out/b.png"]
        #expect(try ImageList.read([folder.path], passingOver: folder.path).entries.map(\.path) == own)
        try folder.write([1], to: "job.sqlite")
        #expect(try ImageList.read([folder.path], passingOver: folder.path).entries.map(\.path) == own)
    }

    @Test func linksAreFollowedButNotInCircles() throws {
        let folder = try TemporaryFolder()
        try folder.write([1], to: "real/a.png")
        let files = FileManager.default
        try files.createSymbolicLink(atPath: folder.path + "/real/loop", withDestinationPath: "..")
        try files.createSymbolicLink(atPath: folder.path + "/again", withDestinationPath: "real")
        try files.createSymbolicLink(atPath: folder.path + "/other-name.png", withDestinationPath: "real/a.png")
        try files.createSymbolicLink(atPath: folder.path + "/nowhere.png", withDestinationPath: "gone.png")
        let list = try ImageList.read([folder.path])
        #expect(list.entries.map(\.path) == ["again/a.png", "nowhere.png", "other-name.png"])
        #expect(list.duplicates.map(\.path) == ["real/a.png"])
        #expect(list.missing().map(\.path) == ["nowhere.png"])
    }

    @Test func textNamesOnePathALine() throws {
        let folder = try TemporaryFolder()
        let text = "\u{FEFF}a.png\r\n\n  \n# a comment\n./#1.png\nsub/b c.png \n/abs//x/./y.png\n../up.png"
        let list = try ImageList.read([folder.write(text, to: "lists/images.txt")])
        let base = folder.path + "/lists"
        #expect(list.entries.map(\.path) == ["a.png", "./#1.png", "sub/b c.png ", "/abs//x/./y.png", "../up.png"])
        let files: [String] = [
            base + "/a.png", base + "/#1.png", base + "/sub/b c.png ", "/abs/x/y.png", base + "/../up.png",
        ]
        #expect(list.entries.map(\.location.text) == files)
        #expect(list.entries.allSatisfy { $0.label == nil && $0.mask == nil && $0.split == nil })
        #expect(list.missing(atMost: 2).map(\.path) == ["a.png", "./#1.png"])
    }

    @Test func csvHasAHeader() throws {
        let folder = try TemporaryFolder()
        let text = """
            split,extra, image_path ,label_index,mask_path
            train,1,a.png,0,
            test,"x, y","b, ""c"".png",1,masks/b.png

            ,,d.png,,
            """
        for ending in ["\n", "\r\n"] {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: ending)
            let list = try ImageList.read([folder.write(lines, to: "list.csv")])
            #expect(list.entries.map(\.path) == ["a.png", "b, \"c\".png", "d.png"])
            #expect(list.entries.map(\.label) == [0, 1, nil])
            #expect(list.entries.map(\.mask?.text) == [nil, folder.path + "/masks/b.png", nil])
            #expect(list.entries.map(\.split) == ["train", "test", nil])
            #expect(list.missingMasks().map(\.path) == ["b, \"c\".png"])
        }
        let list = try ImageList.read([folder.write("image_path\nx.png\n", to: "headed.txt")])
        #expect(list.entries.map(\.path) == ["x.png"])
    }

    @Test func sourcesFollowOneAnotherAndDuplicatesAreLeftOut() throws {
        let folder = try TemporaryFolder()
        try folder.write([1], to: "images/a.png")
        try folder.write([1], to: "images/b.png")
        let text = try folder.write("images/b.png\nimages/../images/a.png\nc.png\n./c.png\n", to: "list.txt")
        let list = try ImageList.read([folder.path + "/images", text])
        #expect(list.entries.map(\.path) == ["a.png", "b.png", "c.png"])
        #expect(list.duplicates.map(\.path) == ["images/b.png", "images/../images/a.png", "./c.png"])
        let first: [String] = [folder.path + "/images", folder.path + "/images", text + ":3"]
        let again: [String] = [text + ":1", text + ":2", text + ":4"]
        #expect(list.duplicates.map(\.whereFirst) == first)
        #expect(list.duplicates.map(\.whereAgain) == again)
    }

    /// File names are bytes: an accent composed in two ways makes two files.
    @Test func namesThatOnlyLookAlikeAreTwo() throws {
        let folder = try TemporaryFolder()
        let list = try ImageList.read([folder.write("\u{E9}.png\ne\u{301}.png\nA.png\na.png\n", to: "l.txt")])
        #expect(list.entries.count == 4)
        #expect(Set(list.entries.map { $0.outputRelativePath(fileExtension: "png").lowercased() }).count == 4)
    }

    @Test func whatIsWrongIsSaidWithItsLine() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path + "/nothing", withIntermediateDirectories: true)
        let png = try PNGEncoder.encode(RGBImage(width: 1, height: 1, pixels: [1, 2, 3]))
        let cases: [(String, [UInt8], Int?, String)] = [
            ("empty.txt", [], nil, "empty"),
            ("blank.txt", Array("\n \n# x\n".utf8), nil, "names no image"),
            ("nul.txt", Array("a.png\nb\0.png\n".utf8), 2, "zero byte"),
            ("latin.txt", Array("a.png\n\n".utf8) + [0x62, 0xE9, 0x2E, 10], 3, "UTF-8"),
            ("long.txt", Array("a\n".utf8) + [UInt8](repeating: 97, count: 70_000), 2, "70000 bytes"),
            ("path.txt", [UInt8](repeating: 97, count: 5000), 1, "4,095"),
            ("photo.txt", png, nil, "an image, not a list"),
            ("photo.pgm", Array("P2 1 1 9 5".utf8), nil, "an image, not a list"),
            ("bare.csv", Array("a.png\nb.png\n".utf8), 1, "header"),
            ("headonly.csv", Array("image_path\n".utf8), nil, "names no image"),
            ("fields.csv", Array("image_path,split\na.png,x\nb,c.png,x\n".utf8), 3, "needs quotes"),
            ("label.csv", Array("image_path,label_index\na.png,perhaps\n".utf8), 2, "'perhaps'"),
            ("negative.csv", Array("image_path,label_index\na.png,-1\n".utf8), 2, "'-1'"),
            ("nopath.csv", Array("image_path,split\n,x\n".utf8), 2, "no image_path"),
            ("twice.csv", Array("image_path,image_path\na,b\n".utf8), 1, "twice"),
            ("quote.csv", Array("image_path\n\"a.png\n".utf8), 2, "not closed"),
            ("quotes.csv", Array("image_path\n\"a\"b\"c.png\"\n".utf8), 2, "quote"),
        ]
        for (name, bytes, line, reason) in cases {
            let path = try folder.write(bytes, to: name)
            #expect("\(name)") { try ImageList.read([path]) } throws: { error in
                guard let error = error as? ListError else { return false }
                return error.list == path && error.line == line && error.description.contains(reason)
            }
        }
        for (source, reason) in [
            (folder.path + "/nothing", "no image in this folder"), (folder.path + "/none", "No such file"),
            ("", "not a file name"), ("a\0b", "not a file name"), ("/dev/null", "neither"),
        ] {
            #expect("\(source)") { try ImageList.read([source]) } throws: { "\($0)".contains(reason) }
        }
        #expect(throws: ListError.self) { try ImageList.read([]) }
    }

    @Test func theCanonicalTextIsTheEntries() throws {
        let folder = try TemporaryFolder()
        let one = try ImageList.read([folder.write("a.png\nb\tc.png\n", to: "one.txt")])
        let other = try ImageList.read([folder.write("# same\na.png\nb\tc.png\na.png\n", to: "other.txt")])
        let third = try ImageList.read([folder.write("b\tc.png\na.png\n", to: "third.txt")])
        #expect(one.digest() == other.digest())
        #expect(one.digest() != third.digest())
    }

    @Test func aLongListLoadsQuickly() throws {
        let folder = try TemporaryFolder()
        var text = "image_path,label_index\n"
        for index in 0..<20_000 { text += "line-\(index % 50)/camera/image-\(index).png,\(index % 2)\n" }
        let start = ContinuousClock.now
        let list = try ImageList.read([folder.write(text, to: "long.csv")])
        #expect(list.entries.count == 20_000)
        #expect(ContinuousClock.now - start < .seconds(5))
    }
}
