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
        guard let (archive, name) = Self.parts(of: path) else { return nil }
        do {
            return try self.archive(at: archive).location(named: name)
        } catch {
            return .refused(name: path, reason: (error as? ListError)?.reason ?? "\(error)")
        }
    }

    /// The first part of a path that is a file named as an archive, and what follows it; nil where nothing follows.
    static func parts(of path: String) -> (archive: String, name: String)? {
        var rest = path.utf8[...]
        while let slash = rest.dropFirst().firstIndex(of: UInt8(ascii: "/")) {
            let (before, name) = (String(path[..<slash]), String(path[path.utf8.index(after: slash)...]))
            if !name.isEmpty, ArchiveKind.isNamed(before), isFile(before) { return (before, name) }
            rest = rest[slash...]
        }
        return nil
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}
