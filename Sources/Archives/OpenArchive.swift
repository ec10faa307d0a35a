import Foundation
import Storage

/// An archive whose members are read. Safe to use from several threads.
public final class OpenArchive: @unchecked Sendable {
    private let source: any ByteSource
    private let lock = NSLock()
    private var stream: DecompressedStream?

    public init(_ source: any ByteSource) { self.source = source }

    /// A member's content.
    /// - Throws: `ArchiveError` where the member is not what the index says, or is damaged; `StorageError`.
    public func read(_ name: String, _ extent: ArchiveMember.Extent) throws -> [UInt8] {
        guard extent.form == .compressedTar else { return try MemberReader(source).read(name, extent) }
        let bytes = try lock.withLock {
            let stream = stream ?? DecompressedStream(source)
            self.stream = stream
            return try stream.bytes(at: extent.offset, count: Int(clamping: extent.length))
        }
        return try MemberReader.tarMember(name, extent, of: bytes, archive: source.name)
    }
}
