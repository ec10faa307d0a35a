import Archives
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct ArchiveIndexTests {
    static let whole = [
        "gnu.tar", "pax.tar", "pax.tar.gz", "pax.tar.xz", "pax.tar.bz2", "pax.tar.zst", "stored.zip", "deflated.zip",
        "streamed.zip", "large.zip",
    ]

    @Test(arguments: whole) func everyFileIsFoundAndRead(_ name: String) throws {
        let source = try FileSource(path: Fixture.path(name))
        let index = try ArchiveIndex(of: source)
        #expect(index.members.map(\.name) == Fixture.names)
        #expect(index.damage == nil && index.repeatedNames.isEmpty)
        for (name, content) in index.contents(source) { #expect(try content.get() == Fixture.content(name)) }
        #expect(index.member(named: "a/2.png")?.name == "a/2.png" && index.member(named: "a/3.png") == nil)
    }

    /// In any order, and each several times.
    @Test(arguments: whole) func membersAreReadInAnyOrder(_ name: String) throws {
        let source = try FileSource(path: Fixture.path(name))
        let members = try ArchiveIndex(of: source).members
        let archive = OpenArchive(source)
        var chance = SeededGenerator(seed: 14)
        for _ in 0..<30 {
            let member = try #require(members.randomElement(using: &chance))
            guard case .extent(let extent) = member.place else { continue }
            #expect(try archive.read(member.name, extent) == Fixture.content(member.name))
        }
    }

    @Test func theOldestFormHasNoLongNames() throws {
        #expect(try Fixture.index("ustar.tar").members.map(\.name) == Fixture.names.filter { $0 != Fixture.long })
    }

    @Test func linksAreTheFilesThatTheyLeadTo() throws {
        let source = try FileSource(path: Fixture.path("links.tar"))
        let index = try ArchiveIndex(of: source)
        let contents = index.contents(source)
        for name in ["a/1.png", "hard.png", "a/soft.png", "b/soft.png"] {
            #expect(try contents[name]?.get() == Fixture.content("a/1.png"), "\(name)")
        }
        let lost = ["circle.png", "lost.png", "out.png", "root.png"]
        #expect(index.refused.keys.sorted() == lost)
        #expect(index.refused.values.allSatisfy { $0.contains("link") })
        // Devices, pipes and folders are no images, whatever their names.
        #expect(index.members.count == 8)
    }

    @Test func namesThatLeadElsewhereAreRefused() throws {
        let index = try Fixture.index("names.tar")
        #expect(index.refused.keys.sorted() == ["../up.png", "/absolute.png", "a/../../up.png"])
        #expect(index.members.count == 5)
    }

    /// As the file that is left when the archive is unpacked.
    @Test func ofOneNameTheLastMemberCounts() throws {
        let source = try FileSource(path: Fixture.path("names.tar"))
        let index = try ArchiveIndex(of: source)
        #expect(index.repeatedNames == ["twice.png"])
        #expect(try index.contents(source)["twice.png"]?.get() == Fixture.content("second"))
    }

    @Test(arguments: [
        ("latin.tar", 1, "UTF-8"), ("sparse.tar", 1, "sparse"), ("odd.zip", 3, "LZMA"), ("odd.zip", 3, "link"),
    ]) func whatIsNotReadHasItsReason(_ name: String, _ count: Int, _ words: String) throws {
        let index = try Fixture.index(name)
        #expect(index.refused.count == count)
        #expect(index.refused.values.contains { $0.contains(words) })
    }

    @Test(arguments: [("twice.tar.gz", "more than once"), ("bomb.tar.xz", "200 times")])
    func whatWouldBecomeTooLargeIsRefused(_ name: String, _ words: String) throws {
        #expect { try Fixture.index(name) } throws: { "\($0)".contains(words) }
    }

    /// Whole members before the cut are still there, and it is said that some are missing.
    @Test(arguments: ["gnu.tar", "pax.tar", "pax.tar.gz", "pax.tar.xz", "pax.tar.zst"])
    func whatIsBeforeACutIsFound(_ name: String) throws {
        let bytes = try Fixture.bytes(name)
        let isPlain = name.hasSuffix(".tar")
        let end = isPlain ? 12_000 : bytes.count
        var found: Set<Int> = []
        for count in stride(from: isPlain ? 1_500 : end / 2, to: end, by: end / 50) {
            let source = Bytes(bytes: Array(bytes[..<count]))
            guard let index = try? ArchiveIndex(of: source) else { continue }
            let contents = index.contents(source)
            let read = contents.compactMapValues { try? $0.get() }
            for (name, content) in read { #expect(content == Fixture.content(name)) }
            #expect(index.damage != nil || read.count < contents.count || read.count == Fixture.names.count)
            found.insert(read.count)
        }
        if isPlain { #expect(found.count > 2) }
    }

    /// A zip file's directory is at its end.
    @Test func aCutZipFileIsNotRead() throws {
        let bytes = try Fixture.bytes("deflated.zip")
        for count in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: ArchiveError.self) { try ArchiveIndex(of: Bytes(bytes: Array(bytes[..<count]))) }
        }
    }

    /// Whatever a byte is changed to: an error, or bytes of a size that was said before.
    @Test(arguments: ["pax.tar", "deflated.zip", "large.zip", "pax.tar.gz", "links.tar"])
    func changedArchivesAreReadOrRefused(_ name: String) throws {
        let bytes = try Fixture.bytes(name)
        var chance = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...4, using: &chance) {
                changed[Int.random(in: 0..<changed.count, using: &chance)] = .random(in: 0...255, using: &chance)
            }
            let source = Bytes(bytes: changed)
            guard let index = try? ArchiveIndex(of: source) else { continue }
            for member in index.members {
                guard case .extent(let extent) = member.place, extent.size < 1 << 24, extent.length < 1 << 24 else {
                    continue
                }
                let content = try? OpenArchive(source).read(member.name, extent)
                #expect(content == nil || content?.count == Int(extent.size))
            }
        }
    }

    @Test func anArchiveThatWasWrittenAnewIsFoundOut() throws {
        for (first, second) in [("gnu.tar", "pax.tar"), ("stored.zip", "deflated.zip"), ("pax.tar", "names.tar")] {
            var found = 0
            let other = OpenArchive(try FileSource(path: Fixture.path(second)))
            for member in try Fixture.index(first).members {
                guard case .extent(let extent) = member.place else { continue }
                // Where both have the same member in the same place, it is the same.
                if let content = try? other.read(member.name, extent) {
                    #expect(content == Fixture.content(member.name))
                } else {
                    found += 1
                }
            }
            #expect(found >= 3, "\(first) and \(second)")
        }
    }

    @Test func contentsComeWithTheIndexWhereTheyAreWanted() throws {
        let wanted = ArchiveIndex.ContentChoice(mostBytes: 1_000) { $0.hasSuffix(".txt") }
        for name in Self.whole {
            let index = try ArchiveIndex(of: FileSource(path: Fixture.path(name)), contents: wanted)
            #expect(index.members.filter { $0.content != nil }.map(\.name) == ["a.txt"])
            #expect(index.member(named: "a.txt")?.content == Fixture.content("a.txt"))
        }
        let small = ArchiveIndex.ContentChoice(mostBytes: 599) { _ in true }
        #expect(
            try ArchiveIndex(of: FileSource(path: Fixture.path("pax.tar")), contents: small)
                .members.allSatisfy { $0.content == nil })
    }
}
