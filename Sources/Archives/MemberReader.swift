import CDeflate
import Storage

/// Reads members of an archive that is not compressed as a whole, each by its place.
struct MemberReader {
    private let source: any ByteSource

    private static let localLength = 30
    /// What a local header may have beyond the directory's name; more is read where there is more.
    private static let usualExtra = 512

    init(_ source: any ByteSource) { self.source = source }

    /// A member's content.
    ///
    /// The member's own header is compared with what the index knows, so that an archive that was written anew is found out.
    /// - Throws: `ArchiveError`, `StorageError`.
    func read(_ name: String, _ extent: ArchiveMember.Extent) throws -> [UInt8] {
        switch extent.form {
        case .tar: try Self.tarMember(name, extent, of: bytes(extent), archive: source.name)
        case .zipStored, .zipDeflated: try zipMember(name, extent)
        case .compressedTar:
            throw ArchiveError(source.name, "a member of a compressed archive is no range of the file")
        }
    }

    private func bytes(_ extent: ArchiveMember.Extent) throws -> [UInt8] {
        let bytes = try source.bytes(at: extent.offset, count: Int(clamping: extent.length))
        guard bytes.count == extent.length else { throw Self.changed(source.name) }
        return bytes
    }

    static func changed(_ archive: String) -> ArchiveError {
        ArchiveError(archive, "the archive is another than when it was listed; begin a new job")
    }

    /// - Parameter bytes: of the extent.
    static func tarMember(
        _ name: String, _ extent: ArchiveMember.Extent, of bytes: [UInt8], archive: String
    ) throws -> [UInt8] {
        let reader = try LibArchive(MemorySource(name: archive, bytes: bytes), as: .tar, block: max(bytes.count, 1))
        guard let header = try reader.next(), header.name == extent.storedName ?? name, header.size == extent.size,
            header.kind == .file
        else { throw changed(archive) }
        return try reader.content(of: Int(extent.size), member: name)
    }

    private func zipMember(_ name: String, _ extent: ArchiveMember.Extent) throws -> [UInt8] {
        var bytes = try source.bytes(at: extent.offset, count: Int(clamping: extent.length) + Self.usualExtra)
        guard bytes.count >= Self.localLength, bytes.starts(with: [0x50, 0x4B, 3, 4]) else {
            throw Self.changed(source.name)
        }
        let (nameLength, extraLength) = bytes.withUnsafeBytes { (Int($0[...].little16(26)), Int($0[...].little16(28))) }
        let start = Self.localLength + nameLength + extraLength
        let stored = extent.storedName ?? name
        let count = Int(clamping: extent.length) - Self.localLength - stored.utf8.count
        guard count >= 0, bytes.dropFirst(Self.localLength).prefix(nameLength).elementsEqual(stored.utf8) else {
            throw Self.changed(source.name)
        }
        if bytes.count < start + count { bytes = try source.bytes(at: extent.offset, count: start + count) }
        guard bytes.count >= start + count else {
            throw ArchiveError(source.name, "the member \(name) is cut off")
        }
        let content = try bytes.withUnsafeBytes { bytes in
            let data = UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
            return extent.form == .zipStored ? Array(data) : try inflate(data, to: Int(clamping: extent.size), name)
        }
        guard content.count == extent.size,
            libdeflate_crc32(0, content, content.count) == extent.checksum ?? 0
        else { throw ArchiveError(source.name, "the member \(name) is damaged: it does not match its checksum") }
        return content
    }

    private func inflate(_ data: UnsafeRawBufferPointer, to size: Int, _ name: String) throws -> [UInt8] {
        guard let decompressor = libdeflate_alloc_decompressor() else {
            throw ArchiveError(source.name, "no memory to decompress the member \(name)")
        }
        defer { libdeflate_free_decompressor(decompressor) }
        var result = LIBDEFLATE_BAD_DATA
        let content = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            result = libdeflate_deflate_decompress(
                decompressor, data.baseAddress, data.count, buffer.baseAddress, size, nil)
            count = result == LIBDEFLATE_SUCCESS ? size : 0
        }
        guard result == LIBDEFLATE_SUCCESS else {
            throw ArchiveError(
                source.name, "the member \(name) is damaged: it is not the \(size) bytes that the directory says")
        }
        return content
    }
}
