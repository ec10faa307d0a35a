import Foundation

/// Holds a file so that who opens it waits, as a file server may that looks after it for another client.
public final class FileLease: Sendable {
    // Known to fcntl.h only under _GNU_SOURCE.
    private static let (setLease, getLease) = (Int32(1024), Int32(1025))
    private let descriptor: Int32

    /// nil where the file system knows no leases, or somebody has the file open.
    public init?(_ path: String) {
        // The kernel asks for the file by a signal that would end the process.
        signal(SIGIO, SIG_IGN)
        descriptor = open(path, O_RDWR | O_CLOEXEC)
        if descriptor < 0 || fcntl(descriptor, Self.setLease, F_WRLCK) != 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Whether somebody waits for the file.
    public var isAskedFor: Bool { fcntl(descriptor, Self.getLease) != F_WRLCK }

    public func release() { _ = fcntl(descriptor, Self.setLease, F_UNLCK) }

    /// Whether files in a folder can be held so.
    public static func works(in folder: String) -> Bool {
        let path = folder + "/lease-" + UUID().uuidString
        defer { unlink(path) }
        return FileManager.default.createFile(atPath: path, contents: Data([1])) && FileLease(path) != nil
    }
}
