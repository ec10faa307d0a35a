import Foundation

/// A disk of a few megabytes in memory, mounted for a round, that can be filled and emptied again.
final class SmallDisk {
    let path: String
    private var ballast: String { path + "/ballast" }

    static func isPossible(_ folder: String) -> Bool { (try? SmallDisk(folder + "/disk-trial")) != nil }

    /// - Throws: `RoundFailure` where none may be mounted.
    init(_ path: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard system("mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", path) else {
            try? FileManager.default.removeItem(atPath: path)
            throw RoundFailure("no disk can be mounted")
        }
    }

    deinit {
        // Lazily: a process that ends may still hold a file.
        system("umount", "--lazy", path)
        try? FileManager.default.removeItem(atPath: path)
    }

    func fill() { system("dd", "if=/dev/zero", "of=" + ballast, "bs=64k") }

    func empty() { unlink(ballast) }
}
