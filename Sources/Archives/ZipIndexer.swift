import Storage

/// Reads the directory of a zip file (PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5).
///
/// Own code, since neither libzip nor libarchive tells where in the file a member lies, which workers must know to read members of any
/// place without reading the directory each.
struct ZipIndexer {
    private let source: any ByteSource
    private let contents: ArchiveIndex.ContentChoice

    private static let mostDirectoryBytes: UInt64 = 1 << 30
    private static let longestComment = 65_535

    init(_ source: any ByteSource, _ contents: ArchiveIndex.ContentChoice) {
        (self.source, self.contents) = (source, contents)
    }

    /// - Throws: `ArchiveError` where there is no directory, or it cannot be true.
    func index() throws -> FoundMembers {
        let (offset, count) = try directory()
        let bytes = try source.bytes(at: offset, count: count)
        guard bytes.count == count else { throw damaged("its directory is cut off") }
        var found = FoundMembers()
        var extents: [(offset: Int64, end: Int64)] = []
        try bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let entry = try ZipEntry(&rest, archive: source.name)
                if let extent = entry.extent { extents.append((extent.offset, extent.offset + extent.length)) }
                guard var member = entry.member else { continue }
                if case .extent(let extent) = member.place {
                    guard extent.offset + extent.length <= offset else {
                        throw damaged(
                            "the member '\(member.name)' would lie within the directory or behind the file's end")
                    }
                    if contents.takes(member.name, size: extent.size) {
                        let read = try? MemberReader(source).read(member.name, extent)
                        member = .init(name: member.name, place: member.place, content: read)
                    }
                }
                try found.add(member, of: source.name)
            }
        }
        try requireApart(extents)
        return found
    }

    /// Members that share bytes are a way to make very much of a small file.
    private func requireApart(_ extents: [(offset: Int64, end: Int64)]) throws {
        let sorted = extents.sorted { $0.offset < $1.offset }
        guard zip(sorted, sorted.dropFirst()).allSatisfy({ $0.end <= $1.offset }) else {
            throw damaged("members of it lie on each other")
        }
    }

    /// The place and size of the directory.
    private func directory() throws -> (offset: Int64, count: Int) {
        let tail = try source.bytes(
            at: max(0, source.byteCount - Int64(22 + Self.longestComment)), count: 22 + Self.longestComment)
        guard tail.count >= 22,
            let end = stride(from: tail.count - 22, through: 0, by: -1).first(where: {
                tail[$0...].starts(with: [0x50, 0x4B, 5, 6])
            })
        else { throw damaged("it has no directory at its end; is it cut off?") }
        let endOffset = source.byteCount - Int64(tail.count - end)
        return try tail.withUnsafeBytes { tail in
            let record = tail[end...]
            var (offset, count) = (UInt64(record.little32(16)), UInt64(record.little32(12)))
            guard record.little16(4) == 0, record.little16(6) == 0 else {
                throw damaged("it is one of several parts; join them")
            }
            if offset == .max32 || count == .max32 || record.little16(10) == 0xFFFF {
                (offset, count) = try largeDirectory(before: endOffset) ?? (offset, count)
            }
            guard count <= Self.mostDirectoryBytes else {
                throw damaged(
                    "its directory would have \(count) bytes, where at most \(Self.mostDirectoryBytes) are read")
            }
            guard offset <= UInt64(endOffset), count <= UInt64(endOffset) - offset else {
                throw damaged(
                    "its directory would lie behind its end; is it cut off, or does something stand before it?")
            }
            return (Int64(offset), Int(count))
        }
    }

    /// The record of zip files beyond 4 GiB or 65,535 members.
    private func largeDirectory(before end: Int64) throws -> (offset: UInt64, count: UInt64)? {
        guard end >= 20 else { return nil }
        let locator = try source.bytes(at: end - 20, count: 20)
        guard locator.count == 20, locator.starts(with: [0x50, 0x4B, 6, 7]) else { return nil }
        let place = locator.withUnsafeBytes { $0[...].little64(8) }
        guard place <= UInt64(end) else { throw damaged("its second directory record lies behind its end") }
        let record = try source.bytes(at: Int64(place), count: 56)
        guard record.count == 56, record.starts(with: [0x50, 0x4B, 6, 6]) else {
            throw damaged("its second directory record is not where it should be")
        }
        return record.withUnsafeBytes { ($0[...].little64(48), $0[...].little64(40)) }
    }

    private func damaged(_ reason: String) -> ArchiveError {
        ArchiveError(source.name, "the zip file is damaged: \(reason)")
    }
}

extension UInt64 {
    fileprivate static let max32 = UInt64(UInt32.max)
}
