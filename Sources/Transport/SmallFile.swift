import Foundation
import Storage

/// Key files on disk: small, and some of them secret.
enum SmallFile {
    /// Nobody but its owner may read a secret. One that root owns and only a group may read is taken too: so a
    /// container or a service manager hands secrets to a program that does not run as root.
    static func checkPrivate(_ path: String, _ status: stat) throws {
        let me = geteuid()
        let owned = status.st_uid == me || status.st_uid == 0
        let forbidden: mode_t = status.st_uid == 0 && me != 0 ? 0o037 : 0o077
        guard owned, status.st_mode & forbidden == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw TransportError(
                path,
                owned ? "is a secret that others may read (mode \(mode))" : "is a secret that belongs to another user",
                remedy: owned ? "run: chmod 600 '\(path)'" : "make it yours: chown \(me) '\(path)'; chmod 600 '\(path)'"
            )
        }
    }

    /// Nobody but its owner may change what says whom to trust: a list of keys, a public key, the directory that holds them. In a
    /// directory with the sticky bit nobody changes what is another's.
    static func checkUnchangeable(_ path: String, _ status: stat) throws {
        let me = geteuid()
        let isShared = status.st_mode & 0o022 != 0
        let isSticky = status.st_mode & S_IFMT == S_IFDIR && status.st_mode & S_ISVTX != 0
        guard status.st_uid == me || status.st_uid == 0 else {
            throw TransportError(
                path, "says whom to trust, and belongs to another user", remedy: "make it yours: chown \(me) '\(path)'")
        }
        guard !isShared || isSticky else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw TransportError(
                path, "says whom to trust, and others may change it (mode \(mode))", remedy: "run: chmod go-w '\(path)'"
            )
        }
    }

    /// Makes a file that was not there, and no other.
    static func create(_ path: String, _ bytes: [UInt8], mode: mode_t) throws {
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else {
            let code = errno
            throw TransportError(
                path, "cannot be made (\(String(cString: strerror(code))))",
                remedy: code == EEXIST ? "choose another name, or move the old key away" : "check the directory",
                code: code)
        }
        defer { close(descriptor) }
        let written =
            fchmod(descriptor, mode) == 0 ? bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } : -1
        guard written == bytes.count, fsync(descriptor) == 0 else {
            // A short write says nothing of the reason.
            let code = written < 0 || written == bytes.count ? errno : ENOSPC
            unlink(path)
            throw TransportError(
                path, "cannot be written (\(String(cString: strerror(code))))",
                remedy: "check that the disk is not full", code: code)
        }
    }

    static func open(_ path: String, remedy: String) throws -> RegularFile {
        do {
            return try RegularFile(path: path)
        } catch let error as StorageError {
            throw TransportError(path, "cannot be read (\(error.reason))", remedy: remedy, code: error.code)
        }
    }

    static func read(_ file: borrowing RegularFile, _ path: String, limit: Int) throws -> [UInt8] {
        let descriptor = file.descriptor
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                let rest = UnsafeMutableRawBufferPointer(rebasing: $0[count...])
                return Foundation.read(descriptor, rest.baseAddress, rest.count)
            }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else {
                let code = errno
                throw TransportError(
                    path, "cannot be read (\(String(cString: strerror(code))))", remedy: "check the disk", code: code)
            }
            if got == 0 { break }
            count += got
        }
        guard count <= limit else {
            throw TransportError(path, "is longer than \(limit) bytes", remedy: "check that it is the right file")
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
