import Storage

/// Reads images' bytes, wherever they are.
public final class ImageReader: Sendable {
    /// The reader of a process that needs no settings of its own.
    public static let standard = ImageReader()

    public init() {}

    /// The whole content.
    /// - Parameter limit: the most bytes that are read.
    /// - Throws: `ImageAccessError` where it cannot be had, is empty, or is larger than the limit.
    public func read(_ location: ImageLocation, limit: Int) throws -> [UInt8] {
        switch location {
        case .file(let path): try WholeFile.read(path, limit: limit)
        }
    }
}
