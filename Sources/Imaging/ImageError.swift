/// An image that cannot be read or written: which, and why.
public struct ImageError: Error, CustomStringConvertible, Equatable, Sendable {
    /// Whether the file is at fault, or what is read here.
    public enum Kind: Sendable, Equatable {
        /// The file says something about itself that cannot be true, or ends too early.
        case damaged
        /// The file may well be sound, but is of a kind that is not read.
        case unsupported
        /// Anything else: there is no such file, it is too large, it cannot be written.
        case other
    }

    /// The file, or what stands for it where there is none.
    public let file: String
    public let reason: String
    public let kind: Kind

    public init(_ file: String, _ reason: String) { self.init(file, reason, .other) }

    private init(_ file: String, _ reason: String, _ kind: Kind) {
        (self.file, self.reason, self.kind) = (file, reason, kind)
    }

    public var description: String { "\(file): \(reason)" }

    /// - Parameter what: the format's name, as `PNG`.
    static func damaged(_ file: String, _ what: String, _ reason: String) -> ImageError {
        ImageError(file, "the \(what) is damaged: \(reason)", .damaged)
    }

    /// - Parameters:
    ///   - what: the kind of file, with its article, as `an animated WebP`.
    ///   - remedy: what to do about it.
    static func unsupported(_ file: String, _ what: String, _ remedy: String = "convert it to PNG") -> ImageError {
        ImageError(file, "unsupported: \(what); \(remedy)", .unsupported)
    }
}
