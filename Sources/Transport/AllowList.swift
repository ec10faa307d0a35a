import Foundation
import Logging

/// The clients' keys that a server lets in, read again when their file changes.
///
/// A list that cannot be read lets nobody in.
final class AllowList {
    /// What tells that a file has changed.
    private struct Version: Equatable {
        let device: UInt64
        let number: UInt64
        let size: Int
        let seconds: Int
        let nanoseconds: Int
        /// Whether it is believed depends on these as well.
        let owner: UInt32
        let mode: UInt32
    }

    private let path: String
    private let logger: Logger
    private var version: Version??
    private var names: [String: String] = [:]

    init(path: String, logger: Logger) {
        (self.path, self.logger) = (path, logger)
        refresh()
    }

    /// The name that a key is listed under, or nil if it is not.
    /// - Parameter key: in hexadecimal, as `PublicKey.hex`.
    func name(ofKey key: String) -> String? {
        refresh()
        return names[key]
    }

    private func refresh() {
        let current = Self.version(of: path)
        guard version != .some(current) else { return }
        version = .some(current)
        names = [:]
        do {
            let entries = try KeyFile.readList(path)
            names = Dictionary(entries.map { ($0.key.hex, $0.name) }, uniquingKeysWith: { first, _ in first })
            logger.info("\(names.count) keys are in \(path)")
        } catch {
            logger.error("nobody is let in: \(error)")
        }
    }

    private static func version(of path: String) -> Version? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Version(
            device: UInt64(status.st_dev), number: UInt64(status.st_ino), size: Int(status.st_size),
            seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec, owner: status.st_uid,
            mode: status.st_mode)
    }
}
