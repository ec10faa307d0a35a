import Archives
import Foundation
import ImageAccess
import Storage

/// The archives that a list names, each of which is indexed once.
struct ArchiveShelf {
    private let reader: ImageReader
    private var archives: [ExactString: Result<ListedArchive, any Error>] = [:]

    init(reader: ImageReader) { self.reader = reader }

    /// - Parameter path: from the root.
    /// - Throws: `ListError` where it cannot be read.
    mutating func archive(at path: String) throws -> ListedArchive {
        let key = ExactString(path)
        let found = archives[key] ?? Result { try ListedArchive(path: path, reader: reader) }
        archives[key] = found
        do {
            return try found.get()
        } catch let error as ArchiveError {
            throw ListError(path, error.reason)
        } catch let error as StorageError {
            throw ListError(path, error.reason)
        }
    }

    /// Whether a path is that of a file that is named as an archive.
    static func isArchive(_ path: String) -> Bool { ArchiveKind.isNamed(path) && isFile(path) }

    /// The location of a path that leads into an archive, as `/data/night.tar/a/b.png`; nil for any other.
    mutating func location(of path: String) -> ImageLocation? {
        guard let cut = Self.archivePrefix(of: path) else { return nil }
        let (archive, name) = (String(path[..<cut]), String(path[path.utf8.index(after: cut)...]))
        do {
            return try self.archive(at: archive).location(named: name)
        } catch {
            return .refused(name: path, reason: (error as? ListError)?.reason ?? "\(error)")
        }
    }

    /// The end of the first part that is a file named as an archive, where parts follow.
    private static func archivePrefix(of path: String) -> String.Index? {
        var rest = path.utf8[...]
        while let slash = rest.dropFirst().firstIndex(of: UInt8(ascii: "/")) {
            let before = String(path[..<slash])
            if ArchiveKind.isNamed(before), isFile(before) { return slash }
            rest = rest[slash...]
        }
        return nil
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}
