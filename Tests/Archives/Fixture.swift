import Archives
import Foundation
import Testing

/// Archives that other programs wrote: Fixtures/README.md.
enum Fixture {
    static let names = ["a-b.png", "a.txt", "a/10.png", "a/2.png", "b.png", long, "ä ö/ü.png"]
    static let long = "long/" + String(repeating: "n", count: 150) + ".png"

    static func path(_ name: String) throws -> String {
        try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/" + name).path
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }

    static func index(_ name: String) throws -> ArchiveIndex { try ArchiveIndex(of: FileSource(path: path(name))) }

    static func content(_ name: String) -> [UInt8] { Array(String(repeating: name + "\n", count: 100).utf8) }
}

/// Bytes in memory as an archive.
struct Bytes: ByteSource {
    let name = "archive"
    let bytes: [UInt8]
    var byteCount: Int64 { Int64(bytes.count) }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        guard offset < byteCount else { return 0 }
        let part = bytes[Int(offset)...].prefix(buffer.count)
        buffer.copyBytes(from: part)
        return part.count
    }
}

extension ArchiveIndex {
    /// Names with their content, or the reason why there is none.
    func contents(_ source: any ByteSource) -> [String: Result<[UInt8], any Error>] {
        let archive = OpenArchive(source)
        let pairs = members.map { member in
            (
                member.name,
                Result<[UInt8], any Error> {
                    switch member.place {
                    case .extent(let extent): try archive.read(member.name, extent)
                    case .refused(let reason): throw ArchiveError("refused", reason)
                    }
                }
            )
        }
        return Dictionary(pairs) { first, _ in first }
    }

    /// The reasons why members are not read, by name.
    var refused: [String: String] {
        Dictionary(
            members.compactMap { member in
                if case .refused(let reason) = member.place { (member.name, reason) } else { nil }
            }
        ) { first, _ in first }
    }
}
