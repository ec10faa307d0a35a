import Foundation
import Storage
import TestSupport
import Testing

@Suite struct WaitingFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func bytes(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder[name])))
    }

    @Test func whatHasTheNameIsReplacedAndNotFollowed() throws {
        try WaitingFile.write([1, 2, 3], to: folder["a"])
        try WaitingFile.write([4], to: folder["a"])
        #expect(try bytes("a") == [4])
        symlink(folder["a"], folder["link"])
        try WaitingFile.write([5], to: folder["link"])
        #expect(try bytes("a") == [4] && bytes("link") == [5])
    }

    @Test func whatIsNotWantedAnyMoreLeavesNothing() throws {
        struct Over: Error {}
        #expect(throws: Over.self) { try WaitingFile.write([1], to: folder["a"]) { throw Over() } }
        #expect(throws: StorageError.self) { try WaitingFile.write([1], to: folder["nowhere/a"]) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    /// The name tells the place, whatever that is called; and no place is taken for such a name.
    @Test func theNameTellsThePlace() throws {
        for place in ["maps/a.png", "maps/1.2.npy", "overlays/\u{0600}.png", "maps/x.tiff.7.png"] {
            for lease: LeaseID in [0, 2_147_483_650, 9_007_199_254_740_991] {
                let name = JobLayout.waiting(place, under: lease)
                let found = try #require(JobLayout.place(ofWaiting: name))
                #expect(found.elementsEqual(place.utf8))
            }
            #expect(JobLayout.place(ofWaiting: place) == nil)
        }
        for name in ["", ".", "7", ".7", "a.", "a.-7", "a.7b", "a.png"] {
            #expect(JobLayout.place(ofWaiting: name) == nil, "\(name)")
        }
    }

    @Test func leftoversAreRemoved() throws {
        try FileManager.default.createDirectory(atPath: folder["maps/x"], withIntermediateDirectories: true)
        for name in ["a.png", "a.png.77", "x/b.png.78", "c.npy.79", "notes.2024"] {
            try WaitingFile.write([1], to: folder["maps/\(name)"])
        }
        DurableFile.removeLeftovers(inside: folder["maps"]) { $0.suffix(4).elementsEqual(".png".utf8) }
        let left = try FileManager.default.subpathsOfDirectory(atPath: folder["maps"]).sorted()
        #expect(left == ["a.png", "c.npy.79", "notes.2024", "x"])
    }
}
