import Foundation
import ImageLists
import Imaging
import TestSupport
import Testing

/// What is wrong with a path is found by looking, and named with what helps.
@Suite struct PathDiagnosisTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["pictures/Part 1.png", "pictures/deep/b.JPG", "a.png", "archive.zip"] {
            try folder.write([1], to: name)
        }
        try folder.write([1], to: "pictures/caf\u{E9}.png")
    }

    /// What is said of the first line of a text list in `lists/` or, by default, beside the pictures.
    private func said(_ line: String, list: String = "list.txt") throws -> String {
        let list = try ImageList.read([folder.write(line + "\n", to: list)])
        let entry = try #require(list.missing().first, "it is there: \(line)")
        return list.whyMissing(entry)
    }

    @Test(arguments: [
        ("a.png ", "blanks", "'a.png' is there"), ("a.png\t", "tabs", "'a.png' is there"),
        (" a.png", "blanks", "'a.png' is there"),
        ("\u{A0}a.png", "not seen", "'a.png' is there"), ("a.png\u{200B}", "not seen", "'a.png' is there"),
        ("\u{FEFF}\u{FEFF}a.png", "not seen", "'a.png' is there"),
        ("pictures\\deep\\b.JPG", "backslashes", "'pictures/deep/b.JPG' is there"),
        (".\\a.png", "backslashes", "'./a.png' is there"), ("\"a.png\"", "quotes", "'a.png' is there"),
        ("'pictures/Part 1.png'", "quotes", "'pictures/Part 1.png' is there"),
        ("\"a.png\" ", "quotes", "'a.png' is there"),
        ("\"pictures\\Part 1.png\" ", "backslashes", "'pictures/Part 1.png' is there"),
        ("a.png,0", "columns", "'a.png' is there"),
        ("a.png 0", "columns", "'a.png' is there"), ("a.png;1;x", "columns", "'a.png' is there"),
        ("a.png\t1", "columns", "'a.png' is there"),
        ("pictures/Part%201.png", "address", "'pictures/Part 1.png' is there"),
        ("A.PNG", "on the disk", "'a.png'"), ("Pictures/DEEP/b.jpg", "on the disk", "'pictures/deep/b.JPG'"),
        ("pictures/deep/b.jpeg", "on the disk", "'pictures/deep/b.JPG'"), ("a.tif", "on the disk", "'a.png'"),
        ("pictures/cafe\u{301}.png", "on the disk", "'pictures/caf\u{E9}.png'"),
        ("/a.png", "begins with a slash", "'a.png'"),
        ("pictures", "it is a folder", "may be given"),
        ("archive.zip/1.png", "archive.zip/1.png'", "not an archive of a kind that is read"),
        ("a.png/1.png", "a.png' is a file", "no folder"), ("gone.zip", "archive", "not there"),
        ("ftp://host/a.png", "ftp://", "copy the images"), ("hdfs://host/a.png", "hdfs://", "copy the images"),
        ("file:///data/a%20b.png", "address", "'/data/a b.png'"), ("C:\\data\\a.png", "Windows", "drive"),
        ("gone\\a.png", "backslashes", "nor is it there"), ("*.png", "wildcards", "folder"),
        ("gone.png ", "blanks", "nor is 'gone.png' there"),
        ("gone.png", "no such file", "in the folder"), ("none/deep/a.png", "there is no folder", "/none'"),
    ]) func theCauseIsNamed(_ line: String, _ cause: String, _ remedy: String) throws {
        let said = try said(line)
        #expect(said.contains(cause) && said.contains(remedy), "\(line): \(said)")
        #expect(!said.contains("relative to"), "\(said)")
    }

    /// Blanks at the end are seen, and so is what no screen shows.
    @Test func namesAreQuoted() throws {
        #expect(try said("gone.png  ").hasPrefix("'\(folder.path)/gone.png  ': "))
        #expect(try said("gone\t.png\u{A0}").hasPrefix("'\(folder.path)/gone\\t.png\\u{a0}': "))
        #expect { try ImageList.read([folder.path + "/none.txt "]) } throws: {
            "\($0)".hasPrefix("'\(folder.path)/none.txt ': No such file or directory")
        }
    }

    @Test func thePlaceThatPathsAreRelativeToIsFound() throws {
        let said = try said("pictures/deep/b.JPG", list: "lists/new/list.txt")
        #expect(said.contains("relative to the folder of their list, '\(folder.path)/lists/new'"))
        #expect(said.contains("there from '\(folder.path)'"), "\(said)")
    }

    @Test func linksAndTheSystemsReasonsAreNamed() throws {
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link.png", withDestinationPath: "away/x.png")
        #expect(try said("link.png").contains("a link to 'away/x.png', which is not there"))
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/loop.png", withDestinationPath: "loop.png")
        #expect(try said("loop.png").contains("symbolic links"))
        #expect(try said(String(repeating: "x", count: 300)).contains("too long"))
        try FileManager.default.createDirectory(atPath: folder.path + "/mnt", withIntermediateDirectories: true)
        #expect(try said("mnt/day 1/a.png").contains("is empty: is it mounted?"))
    }

    @Test func homeIsNotReplaced() throws {
        let home = try #require(ProcessInfo.processInfo.environment["HOME"])
        let name = ".padim-test-\(UUID().uuidString).png"
        try #require(FileManager.default.createFile(atPath: home + "/" + name, contents: Data([1])))
        defer { unlink(home + "/" + name) }
        for line in ["~/" + name, "$HOME/" + name, "${HOME}/" + name] {
            #expect(try said(line).contains("not replaced in lists; '\(home)/\(name)' is there"))
        }
    }

    @Test func masksAreToldToo() throws {
        let list = try ImageList.read([folder.write("image_path,mask_path\na.png,A.png \n", to: "masks.csv")])
        let entry = try #require(list.missingMasks().first)
        #expect(list.whyMissing(entry, mask: true).contains("'\(folder.path)/A.png ': "))
    }

    @Test(arguments: [
        ("hdfs://host/images", "hdfs://"), ("ftp://host/list.txt", "ftp://"), ("~/no such folder", "No such file"),
    ]) func sourcesAreToldToo(_ source: String, _ cause: String) throws {
        #expect { try ImageList.read([source]) } throws: { "\($0)".contains(cause) }
    }

    @Test func aSourcesSpellingIsTold() throws {
        for (source, remedy) in [
            ("/Pictures", "/pictures'"), ("/pictures ", "/pictures' is there"), ("\\pictures", "/pictures' is there"),
        ] {
            #expect("\(source)") { try ImageList.read([folder.path + source]) } throws: {
                "\($0)".contains(folder.path + remedy)
            }
        }
    }

    @Test func damagedArchivesAreNotTakenForLists() throws {
        let archives: [[UInt8]] = [
            [0x50, 0x4B, 3, 4, 0, 0], [0x1F, 0x8B, 8, 0],
            [UInt8](repeating: 97, count: 257) + Array("ustar".utf8) + [0, 0],
        ]
        for bytes in archives {
            let path = try folder.write(bytes, to: "images.bin")
            #expect { try ImageList.read([path]) } throws: {
                "\($0)".contains("damaged") && !"\($0)".contains("list")
            }
        }
    }
}
