import Archives
import Storage

extension FuzzTarget {
    /// Archives of every kind: the index, and each member that it names.
    static let archives = FuzzTarget(
        "archives",
        words: [
            "ustar\0", "ustar  \0", "PK\u{1}\u{2}", "PK\u{3}\u{4}", "PK\u{5}\u{6}", "PK\u{6}\u{6}", "PK\u{6}\u{7}",
            "../", "/",
            "./", "././@LongLink", "GNU.sparse.major=1\n", " path=", " linkpath=", " size=", "7777777", "\0\0",
        ]
    ) {
        try fixtures("Archives/Fixtures", endings: ["tar", "gz", "xz", "bz2", "zst", "zip"], atMost: 40_000)
    } read: { bytes, folder in
        let path = folder.write(bytes, to: "archive")
        guard let source = try? FileSource(path: path),
            let index = try? ArchiveIndex(of: source, contents: .init(mostBytes: 1 << 10) { _ in true })
        else { return }
        let archive = OpenArchive(source)
        var last: String?
        for member in index.members {
            demand(last.map { $0.utf8.lexicographicallyPrecedes(member.name.utf8) } ?? true, "names out of order")
            last = member.name
            guard case .extent(let extent) = member.place, max(extent.size, extent.length) < 1 << 20 else { continue }
            demand(!member.name.split(separator: "/").contains("..") && !member.name.hasPrefix("/"), "a name leads out")
            let location = ImageLocation.member(ArchiveMember(archive: .file(path), name: member.name, extent: extent))
            demand(ImageLocation(text: location.text, place: location.place) != nil, "a place that is not possible")
            if let content = try? archive.read(member.name, extent) {
                demand(content.count == Int(extent.size), "\(content.count) bytes of \(extent.size)")
            }
        }
    }
}
