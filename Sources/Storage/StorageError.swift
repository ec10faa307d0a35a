import Foundation

/// A file operation that failed: what was tried, on which file, and why.
public struct StorageError: EnvironmentalError, CustomStringConvertible, Equatable, Sendable {
    public let operation: String
    public let path: String
    public let reason: String
    /// The system's number for it, where the system said so.
    package let code: Int32?

    public init(_ operation: String, _ path: String, _ reason: String) {
        (self.operation, self.path, self.reason, code) = (operation, path, reason, nil)
    }

    package init(_ operation: String, _ path: String, code: Int32) {
        (self.operation, self.path, self.code) = (operation, path, code)
        reason = String(cString: strerror(code))
    }

    /// The failure that `errno` tells of, right after the call that set it.
    package static func fromErrno(_ operation: String, _ path: String) -> StorageError {
        StorageError(operation, path, code: errno)
    }

    /// Where the system said nothing, the file is another than it should be.
    public var isEnvironmental: Bool { code.map(SystemCode.isEnvironmental) ?? false }

    public var description: String { "cannot \(operation) \(path): \(reason)" }
}
