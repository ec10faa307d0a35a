import Foundation
import Storage
import Testing

@Suite struct ImageLocationTests {
    private let extent = ArchiveMember.Extent(
        form: .zipDeflated, offset: 7, length: 40, size: 90, checksum: .max, storedName: "./a b.png")

    private var locations: [ImageLocation] {
        let object = StoredObject(address: "s3://bucket/n.tar", version: "\"1f\"")
        return [
            .file("/data/a b.png"), .object(object), .object(StoredObject(address: "https://host/a.png?b=c")),
            .member(ArchiveMember(archive: .file("/data/n.zip"), name: "x/a b.png", extent: extent)),
            .member(ArchiveMember(archive: .object(object), name: "x.png", extent: extent)),
            .refused(name: "/data/n.tar/../x.png", reason: "its name leads out of the archive"),
        ]
    }

    /// A location is a text, and a place beside it where the text does not say all.
    @Test func textAndPlaceGiveTheLocationBack() throws {
        for location in locations {
            let place = try location.place.map {
                try JSONDecoder().decode(ImagePlace.self, from: JSONEncoder().encode($0))
            }
            let read = try #require(ImageLocation(text: location.text, place: place))
            #expect("\(read)" == location.text)
            #expect(read.place == location.place)
        }
        #expect(locations.map(\.text)[3] == "/data/n.zip/x/a b.png")
        #expect(locations.map { $0.place == nil } == [true, false, true, false, false, false])
    }

    @Test func impossiblePlacesAreNone() throws {
        let member = ArchiveMember(archive: .file("/a.tar"), name: "b", extent: extent)
        let place = try #require(ImageLocation.member(member).place)
        #expect(ImageLocation(text: "/a.tar/b", place: place) != nil)
        // The archive's name ends elsewhere, or nothing follows it.
        for text in ["/a.tarrb", "/a.tar/", "/a.tar", "", "/a.ta\u{E9}b"] {
            #expect(ImageLocation(text: text, place: place) == nil, "\(text)")
        }
        for (offset, length, size) in [(-1, 1, 1), (0, -1, 0), (0, 0, 1 << 53), (.max, .max, 0), (0, 5, 6)]
            as [(Int64, Int64, Int64)]
        {
            let extent = ArchiveMember.Extent(form: .tar, offset: offset, length: length, size: size)
            let place = ImageLocation.member(ArchiveMember(archive: .file("/a.tar"), name: "b", extent: extent)).place
            #expect(ImageLocation(text: "/a.tar/b", place: place) == nil)
        }
        // A file has no version.
        #expect(
            ImageLocation(
                text: "/a.png", place: ImageLocation.object(StoredObject(address: "s3://a/b", version: "1")).place)
                == nil)
    }

    /// An accent that is composed otherwise makes another name, though Swift holds the strings equal.
    @Test func namesAreComparedByteByByte() {
        let (composed, decomposed) = ("/\u{E9}.png", "/e\u{301}.png")
        #expect(composed == decomposed)
        #expect(ImageLocation.file(composed) != .file(decomposed))
        #expect(Set([ImageLocation.file(composed), .file(decomposed), .file(composed)]).count == 2)
    }
}
