import Archives
import Foundation
import Storage

/// Archives that are kept open, the ones used last.
final class ArchiveCache: @unchecked Sendable {
    private static let most = 8

    private let lock = NSLock()
    /// The one used last stands at the end.
    private var open: [(name: ArchiveMember.Archive, archive: OpenArchive)] = []

    /// - Throws: what `opening` throws.
    func open(
        _ name: ArchiveMember.Archive, by opening: (ArchiveMember.Archive) throws -> any ByteSource
    ) throws -> OpenArchive {
        try lock.withLock {
            if let place = open.firstIndex(where: { $0.name == name }) {
                let found = open.remove(at: place)
                open.append(found)
                return found.archive
            }
            let archive = OpenArchive(try opening(name))
            open.append((name, archive))
            if open.count > Self.most { open.removeFirst() }
            return archive
        }
    }

    func close(_ name: ArchiveMember.Archive) { lock.withLock { open.removeAll { $0.name == name } } }
}
