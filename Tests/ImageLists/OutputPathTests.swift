import Foundation
import ImageLists
import Imaging
import TestSupport
import Testing

@Suite struct OutputPathTests {
    private func outputs(_ paths: [String]) throws -> [String] {
        let folder = try TemporaryFolder()
        let list = try ImageList.read([folder.write(paths.joined(separator: "\n"), to: "list.txt")])
        return list.entries.map { $0.outputRelativePath(fileExtension: "png") }
    }

    @Test func plainPathsAreMirrored() throws {
        #expect(
            try outputs(["a.png", "x/b.jpg", "x/y/c.d.TIFF", "v1.2"]) == [
                "a.png", "x/b.png", "x/y/c.d.png", "v1.2.png",
            ])
    }

    @Test func nothingLeavesTheFolder() throws {
        #expect(
            try outputs(["/etc/a.png", "../../b.png", "x/../../c.png", "./d.png", "e\u{1}f.png", "x/.."]) == [
                "etc/a.png", "__/__/b.png", "x/__/__/c.png", "d.png", "e_f.png", "x/__.png",
            ])
    }

    @Test func clashesAreResolved() throws {
        #expect(
            try outputs(["a.png", "a.jpg", "A.PNG", "a.jpg.bmp", "/a.png", "a~2.png", "b.png", "b.png/c.png"]) == [
                "a.png", "a.jpg.png", "A.PNG.png", "a.jpg.bmp.png", "a~2.png", "a~2.png.png", "b.png", "b.png~/c.png",
            ])
    }

    /// Random paths of awkward parts: outputs stay inside, differ whatever the case, and no file stands where a folder must.
    @Test func noTwoEntriesShareAPlace() throws {
        let parts = [
            "a", "A", "..", ".", "", "a.png", "a.png~", "a~2", "b.jpg", "é", "e\u{301}", "\u{7}", "~long", "__",
            String(repeating: "x", count: 254), String(repeating: "x", count: 250) + ".png",
            String(repeating: "é", count: 120) + ".tiff",
        ]
        var random = SeededGenerator(seed: 7)
        let endings = ["", ".png", ".bmp"]
        let paths = (0..<3000).map { (_: Int) -> String in
            let count = Int.random(in: 1...7, using: &random)
            let chosen = (0..<count).map { (_: Int) -> String in parts.randomElement(using: &random) ?? "" }
            return chosen.joined(separator: "/") + (endings.randomElement(using: &random) ?? "")
        }
        let results = try outputs(paths.filter { !$0.isEmpty })
        let folded = results.map { $0.lowercased() }
        #expect(Set(folded).count == results.count)
        let files = Set(folded)
        for path in results {
            let components = path.split(separator: "/", omittingEmptySubsequences: false)
            #expect(!path.hasPrefix("/") && path.utf8.count < 1100)
            #expect(components.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 })
            for length in 1..<max(1, components.count) {
                #expect(!files.contains(components.prefix(length).joined(separator: "/").lowercased()))
            }
        }
    }
}
