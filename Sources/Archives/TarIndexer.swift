import Storage

/// Finds the members of a tar file, compressed or not, through libarchive. Data of a file that is not compressed is not read.
struct TarIndexer {
    private let source: any ByteSource
    private let kind: ArchiveKind
    private let contents: ArchiveIndex.ContentChoice

    // Small where data is jumped over: a block is read for each header.
    private static let block = 1 << 14
    private static let compressedBlock = 1 << 18
    /// How many bytes a compressed archive may become: images do not shrink to a hundredth. No disk holds a file whose size times this
    /// overflows.
    private static let (leastBytes, mostTimes): (Int64, Int64) = (1 << 30, 200)

    init(_ source: any ByteSource, _ kind: ArchiveKind, _ contents: ArchiveIndex.ContentChoice) {
        (self.source, self.kind, self.contents) = (source, kind, contents)
    }

    /// - Throws: `ArchiveError` where not even the first member can be read.
    func index() throws -> FoundMembers {
        var found = FoundMembers()
        let reader: LibArchive
        do {
            reader = try LibArchive(
                source, as: .tar, block: kind == .tar ? Self.block : Self.compressedBlock)
        } catch let error as ArchiveError where kind == .compressedTar {
            throw ArchiveError(source.name, "it is compressed and holds no tar file, or is damaged (\(error.reason))")
        }
        var places: [String: Int] = [:]
        var last: String?
        do {
            while let header = try reader.next() {
                last = header.name
                try requireModest(header, reader)
                guard let member = try member(header, reader, found.members, places) else { continue }
                places[member.name] = found.members.count
                try found.add(member, of: source.name)
            }
        } catch let error as ArchiveError where !found.members.isEmpty {
            found.damage = damage(error, last)
        }
        if found.damage == nil { markCutMember(&found) }
        return found
    }

    private func damage(_ error: ArchiveError, _ last: String?) -> String {
        "\(error.reason), behind \(last.map { "the member '\($0)'" } ?? "its beginning"); members behind it are not known"
    }

    private func member(
        _ header: LibArchive.Header, _ reader: LibArchive, _ found: [ArchiveIndex.Member], _ places: [String: Int]
    ) throws -> ArchiveIndex.Member? {
        guard let stored = header.name else {
            guard header.kind != .other else { return nil }
            return .init(
                name: "member at byte \(header.offset)",
                place: .refused("its name in the archive is not UTF-8; pack it again"))
        }
        let name: String
        switch MemberName(stored) {
        case .hidden: return nil
        case .refused(let reason): return header.kind == .other ? nil : .init(name: stored, place: .refused(reason))
        case .path(let path): name = path
        }
        switch header.kind {
        case .other: return nil
        case .hardLink(let target):
            guard case .path(let path) = MemberName(target) else { return .init(name: name, place: Self.lost(target)) }
            return link(name, to: path, found, places) ?? .init(name: name, place: Self.lost(target))
        case .symbolicLink(let target):
            let linked = MemberName.target(of: target, in: name).flatMap { link(name, to: $0, found, places) }
            return linked ?? .init(name: name, place: Self.lost(target))
        case .file:
            if header.isSparse {
                return .init(name: name, place: .refused("it is stored as a sparse file; pack it without --sparse"))
            }
            guard (0..<1 << 53).contains(header.size) else {
                return .init(name: name, place: .refused("its header says that it has \(header.size) bytes"))
            }
            let extent = ArchiveMember.Extent(
                form: kind == .tar ? .tar : .compressedTar, offset: header.offset,
                length: header.endOfHeader - header.offset + header.size, size: header.size,
                storedName: stored == name ? nil : stored)
            let content =
                contents.takes(name, size: header.size)
                ? try reader.content(of: Int(header.size), member: name) : nil
            return .init(name: name, place: .extent(extent), content: content)
        }
    }

    private static func lost(_ target: String) -> ArchiveIndex.Member.Place {
        .refused("it is a link to '\(target)', which is no file that stands before it in the archive")
    }

    /// A link is the member that it leads to, under another name.
    private func link(
        _ name: String, to target: String, _ found: [ArchiveIndex.Member], _ places: [String: Int]
    ) -> ArchiveIndex.Member? {
        guard let place = places[target] else { return nil }
        guard case .extent(let extent) = found[place].place else { return .init(name: name, place: found[place].place) }
        let same = ArchiveMember.Extent(
            form: extent.form, offset: extent.offset, length: extent.length, size: extent.size,
            storedName: extent.storedName ?? target)
        return .init(name: name, place: .extent(same), content: found[place].content)
    }

    /// A few bytes may become very many when they are decompressed.
    private func requireModest(_ header: LibArchive.Header, _ reader: LibArchive) throws {
        guard kind == .compressedTar else { return }
        let most = max(Self.leastBytes, source.byteCount * Self.mostTimes)
        guard header.size <= most, header.endOfHeader <= most - max(header.size, 0) else {
            throw ArchiveError(
                source.name,
                "it would become more than \(Self.mostTimes) times its size when it is decompressed, as no archive of images does"
            )
        }
    }

    /// The data of the last members may be cut off, which no header tells.
    private func markCutMember(_ found: inout FoundMembers) {
        guard kind == .tar else { return }
        for (place, member) in found.members.enumerated() {
            guard case .extent(let extent) = member.place, extent.offset + extent.length > source.byteCount else {
                continue
            }
            found.members[place] = .init(
                name: member.name, place: .refused("the archive ends in the middle of it: it is not whole"))
        }
    }
}
