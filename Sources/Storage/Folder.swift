import Foundation

/// Folders, their paths taken as bytes. Foundation takes paths for characters, and there are characters (U+0600 is one) that make
/// the slash behind them a part of themselves: a name in a list could hide its folder so.
public enum Folder {
    /// What stands before the last slash; "." where there is none.
    public static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.utf8.startIndex ? "/" : String(decoding: path.utf8[..<slash], as: UTF8.self)
    }

    /// What stands behind the last slash.
    public static func name(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return String(decoding: path.utf8[path.utf8.index(after: slash)...], as: UTF8.self)
    }

    /// Brings the names of a folder's files to the disk.
    public static func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError.fromErrno("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StorageError.fromErrno("sync", path) }
    }

    /// Makes a folder, and those above it, where they are missing.
    public static func create(_ path: String) throws {
        if mkdir(path, 0o777) == 0 { return }
        if errno == ENOENT, parent(of: path) != path {
            try create(parent(of: path))
            if mkdir(path, 0o777) == 0 { return }
        }
        let failure = StorageError.fromErrno("create folder", path)
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { throw failure }
    }
}
