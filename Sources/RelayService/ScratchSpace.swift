import Foundation
import Storage

/// The folder that a relay keeps sums in, and the room on its disk.
struct ScratchSpace {
    let folder: String

    /// Two files that are added up, and their sum.
    static let leastFiles = 3

    /// - Parameter path: of a file in the folder that is not there.
    /// - Throws: `StorageError` where no file can be written there.
    func requireWritable(_ path: String) throws {
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.error(errno, folder) }
        defer {
            close(descriptor)
            unlink(path)
        }
        // A full disk has room for a name, and for nothing in it.
        let fault = posix_fallocate(descriptor, 0, 1 << 16)
        guard fault == 0 || fault == EOPNOTSUPP else { throw Self.error(fault, folder) }
    }

    /// - Parameters:
    ///   - size: of the sums in a file, in bytes.
    ///   - most: more are not needed.
    ///   - claimed: bytes that others are still going to write there.
    /// - Returns: how many files of sums the disk has room for.
    /// - Throws: `StorageError` where these are fewer than `leastFiles`.
    func files(of size: Int64, most: Int, claimed: Int64) throws -> Int {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { throw Self.error(errno, folder) }
        let free = Double(status.f_bavail) * Double(status.f_frsize)
        let each = Double(Self.bytesOfFile(of: size))
        let files = Int(min(Double(most), max(0, free - Double(claimed)) / each))
        guard files >= Self.leastFiles else {
            let others = claimed > 0 ? ", of which other relays need \(Self.words(Double(claimed)))" : ""
            throw StorageError(
                "keep sums in", folder,
                "\(Self.words(free)) are free there\(others), and this job needs \(Self.words(Double(Self.leastFiles) * each)): "
                    + "make room there, or give --scratch a folder on another disk")
        }
        return files
    }

    /// The most bytes of a file of sums of that size: beside them it has a header, and a check for each patch.
    static func bytesOfFile(of size: Int64) -> Int64 { size + size / 100 + (1 << 16) }

    /// A number of bytes, for people.
    static func words(_ bytes: Double) -> String {
        bytes < 1e9 ? String(format: "%.0f MB", bytes / 1e6) : String(format: "%.1f GB", bytes / 1e9)
    }

    static func error(_ number: Int32, _ folder: String) -> StorageError {
        StorageError(
            "write into", folder,
            "\(String(cString: strerror(number))): give --scratch a folder that can be written to, on a disk with room")
    }
}
