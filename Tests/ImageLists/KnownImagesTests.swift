import Foundation
import ImageLists
import Storage
import TestSupport
import Testing

@Suite struct KnownImagesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func list(_ names: [String]) throws -> ImageList {
        let path = folder[UUID().uuidString + ".txt"]
        try Data((names.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
        return try ImageList.read([path])
    }

    private func known(_ list: ImageList) -> KnownImages {
        var known = KnownImages()
        for entry in list.entries { known.insert(entry.location, output: entry.outputStem) }
        return known
    }

    @Test func whatIsNewAndWhatIsGone() throws {
        var known = try known(list(["b.png", "d.png", "e.png"]))
        let found = try known.compare(with: list(["a.png", "b.png", "c.png", "d.png"]))
        #expect(found.new.entries.map(\.path) == ["a.png", "c.png"])
        #expect(found.known.entries.map(\.path) == ["b.png", "d.png"])
        #expect(found.gone == 1 && found.new.sources.map(\.entries) == [0..<2])
    }

    /// One file is one image, however its folder is spelt.
    @Test func aFolderSpeltOtherwiseBringsNothingNew() throws {
        try FileManager.default.createDirectory(atPath: folder["real"], withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: folder["link"], withDestinationPath: folder["real"])
        var known = try known(list(["real/a.png"]))
        let found = try known.compare(with: list(["./real/../link/a.png", "link/b.png"]))
        #expect(found.new.entries.map(\.path) == ["link/b.png"] && found.gone == 0)
    }

    /// However the images of a list come, one by one or together: no two share a place for their results, and what has one keeps it.
    @Test(arguments: UInt64(0)..<50) func resultsNeverCollide(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let names = [
            "a.png", "a.jpg", "A.PNG", "a.png/a.png", "a/b.png", "a~2.png", "x/../a.png", "/a.png", "a", "a.b.png",
        ]
        let order = names.shuffled(using: &random)
        var known = KnownImages()
        var outputs: [String] = []
        for end in 1...order.count {
            let listed = try list(Array(order[..<end].shuffled(using: &random)))
            let new = known.named(known.compare(with: listed).new)
            for entry in new.entries {
                known.insert(entry.location, output: entry.outputStem)
                outputs.append(entry.outputStem.lowercased())
            }
        }
        #expect(Set(outputs).count == outputs.count, "\(outputs)")
        #expect(outputs.count == known.count)
    }

    /// A job that begins with nothing names its results as one that has the whole list at once.
    @Test func withoutConflictNamesAreThoseOfTheList() throws {
        let whole = try list(["a.png", "a.jpg", "b/c.png"])
        var known = KnownImages()
        #expect(
            known.named(known.compare(with: whole).new).entries.map(\.outputStem) == whole.entries.map(\.outputStem))
    }
}
