import Archives
import Testing

@Suite struct ArchiveKindTests {
    @Test(arguments: [
        ("pax.tar", ArchiveKind.tar), ("pax.tar.gz", .compressedTar), ("pax.tar.zst", .compressedTar),
        ("pax.tar.xz", .compressedTar), ("pax.tar.bz2", .compressedTar), ("stored.zip", .zip),
    ]) func archivesAreToldByTheirContent(_ name: String, _ kind: ArchiveKind) throws {
        #expect(ArchiveKind(try Fixture.bytes(name).prefix(512)) == kind)
        #expect(try Fixture.index(name).kind == kind)
    }

    @Test func otherFilesAreNone() {
        for bytes in [[], Array("image_path\n".utf8), [0x89, 0x50, 0x4E, 0x47], [UInt8](repeating: 0, count: 512)] {
            #expect(ArchiveKind(bytes) == nil)
        }
    }

    @Test func namesAreKnownByTheirEndings() {
        for name in ["a.tar", "A.TAR.GZ", "x/b.tgz", "c.zip"] { #expect(ArchiveKind.isNamed(name), "\(name)") }
        for name in ["a.gz", ".tar", "tar", "a.zip.png", "a.7z"] { #expect(!ArchiveKind.isNamed(name), "\(name)") }
    }
}
