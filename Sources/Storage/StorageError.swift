import Foundation

/// A file operation that failed: what was tried, on which file, and why.
public struct StorageError: Error, CustomStringConvertible, Equatable, Sendable {
    public let operation: String
    public let path: String
    public let reason: String

    public init(_ operation: String, _ path: String, _ reason: String) {
        (self.operation, self.path, self.reason) = (operation, path, reason)
    }

    /// The failure that `errno` tells of, right after the call that set it.
    package static func fromErrno(_ operation: String, _ path: String) -> StorageError {
        StorageError(operation, path, String(cString: strerror(errno)))
    }

    public var description: String { "cannot \(operation) \(path): \(reason)" }
}
