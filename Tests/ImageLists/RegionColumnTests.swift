import ImageLists
import Storage
import TestSupport
import Testing

@Suite struct RegionColumnTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func list(_ name: String, _ text: String) throws -> ImageList {
        try ImageList.read([folder.write(Array(text.utf8), to: name)])
    }

    /// A region is a path beside the image's, relative to the list; lists without one have the digests that they always had.
    @Test func aListNamesRegions() throws {
        let plain = try list("plain.csv", "image_path\na.png\nb.png\n")
        let empty = try list("empty.csv", "image_path,roi_path\na.png,\nb.png,\n")
        #expect(plain.entries.allSatisfy { $0.region == nil } && empty.digest() == plain.digest())
        let named = try list("named.csv", "image_path,ROI Path\na.png,regions/a.png\nb.png,/b.png\n")
        #expect(named.entries.map(\.region) == [.file(folder["regions/a.png"]), .file("/b.png")])
        #expect(named.unusedColumns.isEmpty && named.digest() != plain.digest())
        let other = try list("other.csv", "image_path,roi_path\na.png,regions/a.png\nb.png,/c.png\n")
        #expect(other.digest() != named.digest())
        let lines = try list(
            "lines.jsonl",
            #"{"image_path":"a.png","roi_path":"regions/a.png"}"#
                + "\n{\"image_path\":\"b.png\",\"roi_path\":\"/b.png\"}\n")
        #expect(lines.digest() == named.digest())
        #expect(named.missingRegions().map(\.path) == ["a.png", "b.png"])
    }
}
