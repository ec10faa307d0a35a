import Foundation
import Storage

/// The right of one process to write a job; held as long as the object lives, and let go by the system if the process dies.
public final class JobLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock of an existing directory, without waiting.
    /// - Throws: ``JournalError/locked(directory:holder:)`` naming the process that holds it.
    public init(_ directory: JobDirectory) throws {
        let path = directory.lockFile
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw StorageError.fromErrno("open", path) }
        var isTaken = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        if !isTaken, errno == EWOULDBLOCK {
            // Somebody may have only looked, which takes less than this.
            usleep(20_000)
            isTaken = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        }
        guard isTaken else {
            let code = errno
            // This object is whole, so its deinit closes the descriptor, also after a throw.
            let holder = holder
            guard code == EWOULDBLOCK else { throw StorageError("lock", path, code: code) }
            throw JournalError.locked(directory: directory.path, holder: holder)
        }
        sign()
    }

    deinit { close(descriptor) }

    /// Whether another process has the job at this moment.
    public static func isHeld(_ directory: JobDirectory) -> Bool {
        let descriptor = open(directory.lockFile, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // Shared, so that two who look do not see each other, and let go at once: who takes the lock in this very moment tries again.
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    /// Lets the job go before the object does.
    func release() { flock(descriptor, LOCK_UN) }

    /// Writes who holds the lock, for the message of a process that finds it taken. A failure here costs only that detail.
    private func sign() {
        let start = Date().formatted(.iso8601)
        let line = Array("process \(getpid()) on \(ProcessInfo.processInfo.hostName), since \(start)\n".utf8)
        guard ftruncate(descriptor, 0) == 0 else { return }
        _ = pwrite(descriptor, line, line.count, 0)
    }

    /// Read, not mapped: the holder may be writing it.
    private var holder: String {
        var bytes = [UInt8](repeating: 0, count: 200)
        let count = max(pread(descriptor, &bytes, bytes.count, 0), 0)
        let line = String(decoding: bytes.prefix(count), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return line.isEmpty ? "another process" : line
    }
}
