import Foundation
import Storage

/// Bytes of an image that cannot be had: of which image, and why.
public struct ImageAccessError: Error, CustomStringConvertible, Equatable, Sendable {
    /// What names the image: the text of its location, or a path as it was given.
    public let name: String
    public let reason: String
    /// Whether this machine does not have the file, or does not show it to this process. Another machine may.
    let isMissingHere: Bool

    public init(_ name: String, _ reason: String) { self.init(name, reason, isMissingHere: false) }

    init(_ name: String, _ error: StorageError) {
        self.init(name, error.reason, isMissingHere: error.code.map([ENOENT, ENOTDIR, EACCES].contains) ?? false)
    }

    private init(_ name: String, _ reason: String, isMissingHere: Bool) {
        (self.name, self.reason, self.isMissingHere) = (name, reason, isMissingHere)
    }

    public var description: String { "\(name): \(reason)" }
}
