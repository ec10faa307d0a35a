import Foundation
import Storage

/// A relay's own folder in the scratch folder, which relays may share.
///
/// A file in it is locked as long as the relay lives, so that the next relay knows what one that was killed has left. The file says how many
/// bytes the relay is still going to write, so that others leave it the room.
package final class ScratchFolder {
    /// Where the relay may write.
    package let path: String
    private let shared: String
    private let lock: Int32

    private static let prefix = "relay-sums-"
    private static let lockName = "lock"
    /// Every file of sums in the folder has a name that begins with this.
    static let filePrefix = "sums-"

    /// - Parameter shared: the folder that relays share, which is there.
    /// - Throws: `StorageError` where nothing can be written there.
    package init(in shared: String) throws {
        self.shared = shared
        for _ in 0..<100 {
            let path = "\(shared)/\(Self.prefix)\(String(UInt64.random(in: 0...UInt64.max), radix: 16))"
            guard mkdir(path, 0o777) == 0 else {
                if errno == EEXIST { continue }
                throw ScratchSpace.error(errno, shared)
            }
            let descriptor = open("\(path)/\(Self.lockName)", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else {
                let code = errno
                rmdir(path)
                // Another relay took it for a leftover while it was empty.
                if code == ENOENT { continue }
                throw ScratchSpace.error(code, shared)
            }
            var status = stat()
            // Another relay looks whether it is left, or has removed it.
            if !Self.isLocked(descriptor), fstat(descriptor, &status) == 0, status.st_nlink > 0 {
                (self.path, lock) = (path, descriptor)
                return
            }
            close(descriptor)
        }
        throw ScratchSpace.error(EBUSY, shared)
    }

    deinit {
        Self.removeContent(path)
        close(lock)
    }

    /// Whether the folder still exists: a cleaner of old files may remove it.
    package var isThere: Bool {
        var status = stat()
        return fstat(lock, &status) == 0 && status.st_nlink > 0
    }

    // MARK: Room

    /// Says how many bytes this relay is still going to write.
    package func claim(_ bytes: Int64) {
        var word = max(0, bytes).littleEndian
        // Without it others would be told of more room than there is, and find that out as they write.
        _ = pwrite(lock, &word, MemoryLayout.size(ofValue: word), 0)
    }

    /// How many bytes the other relays are still going to write.
    package func claimsOfOthers() -> Int64 {
        var sum: Int64 = 0
        for other in Self.folders(in: shared) where other != path {
            guard let descriptor = Self.openLock(other, O_RDWR) ?? Self.openLock(other, O_RDONLY) else { continue }
            defer { close(descriptor) }
            var word: Int64 = 0
            guard Self.isLocked(descriptor),
                pread(descriptor, &word, MemoryLayout.size(ofValue: word), 0) == MemoryLayout.size(ofValue: word)
            else { continue }
            // What others have written there is not trusted.
            let (added, overflow) = sum.addingReportingOverflow(max(0, Int64(littleEndian: word)))
            sum = overflow ? .max : added
        }
        return sum
    }

    /// Lets no two relays count the room at the same time.
    ///
    /// Where the file system has no locks for folders, or somebody holds this one for long, the work is done without: two relays may then be promised
    /// the same room, and one of them finds the disk full.
    func alone<Result>(_ work: () throws -> Result) rethrows -> Result {
        let folder = open(shared, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if folder >= 0 { close(folder) } }
        for _ in 0..<100 where folder >= 0 {
            guard flock(folder, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else { break }
            usleep(10_000)
        }
        return try work()
    }

    // MARK: Leftovers

    /// Removes what relays left that were killed.
    /// - Returns: how many bytes the disk has gained.
    package static func removeLeftovers(in shared: String) -> Int64 {
        folders(in: shared).reduce(0) { freed, folder in
            guard let descriptor = openLock(folder, O_RDWR) else {
                // Its relay ended, or begins, at this moment. What is not empty stays.
                rmdir(folder)
                return freed
            }
            defer { close(descriptor) }
            return flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? freed + removeContent(folder) : freed
        }
    }

    @discardableResult
    private static func removeContent(_ folder: String) -> Int64 {
        var freed: Int64 = 0
        for name in names(in: folder) where name.hasPrefix(filePrefix) {
            var status = stat()
            let path = "\(folder)/\(name)"
            if lstat(path, &status) == 0, unlink(path) == 0 { freed += Int64(status.st_blocks) * 512 }
        }
        unlink("\(folder)/\(lockName)")
        rmdir(folder)
        return freed
    }

    private static func folders(in shared: String) -> [String] {
        names(in: shared).filter { $0.hasPrefix(prefix) }.map { "\(shared)/\($0)" }
    }

    private static func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    /// - Parameter access: to write, which a lock of some network file systems needs; or only to read the file of another user's relay.
    private static func openLock(_ folder: String, _ access: Int32) -> Int32? {
        let descriptor = open("\(folder)/\(lockName)", access | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        return descriptor >= 0 ? descriptor : nil
    }

    /// Whether another relay has locked a file; if not, it is locked now. Where the file system has no locks nothing is locked, and nobody's folder is a
    /// leftover.
    private static func isLocked(_ descriptor: Int32) -> Bool {
        flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }
}
