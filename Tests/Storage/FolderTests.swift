import Foundation
import Storage
import TestSupport
import Testing

@Suite struct FolderTests {
    @Test(arguments: [
        ("a/b", "a", "b"), ("/b", "/", "b"), ("b", ".", "b"), ("/a/\u{0600}/b", "/a/\u{0600}", "b"),
        ("a/e\u{301}/", "a/e\u{301}", ""),
    ])
    func pathsAreBytes(path: String, parent: String, name: String) {
        #expect(Array(Folder.parent(of: path).utf8) == Array(parent.utf8))
        #expect(Array(Folder.name(of: path).utf8) == Array(name.utf8))
    }

    @Test func missingFoldersAreMade() throws {
        let folder = try TemporaryFolder()
        for name in ["a/b/c", "a/b/c", "a", "\u{0600}/\u{0600}/d", "//x//y/"] {
            try Folder.create(folder[name])
            #expect(access(folder[name], X_OK) == 0, "\(name)")
        }
        try DurableFile.write([1], to: folder["file"])
        #expect { try Folder.create(folder["file"]) } throws: { "\($0)".contains(folder["file"]) }
        #expect { try Folder.create(folder["file/below"]) } throws: { "\($0)".contains("file/below") }
    }

    @Test(arguments: [
        ("a", true), ("a/b.png", true), ("...", true), (".a", true), (".\u{301}", true), ("", false), ("/a", false),
        ("a/", false), ("a//b", false), (".", false), ("..", false), ("a/../b", false), ("./a", false), ("a\0", false),
        ("\u{0600}/../a", false),
    ])
    func whatStaysInItsFolder(path: String, stays: Bool) { #expect(RelativePath.isContained(path) == stays) }
}
