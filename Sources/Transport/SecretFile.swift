import Storage

/// A small file with a secret, such as a token.
public enum SecretFile {
    /// - Parameters:
    ///   - limit: the most bytes that are read.
    ///   - kind: what is in it, in words.
    /// - Throws: `TransportError` where it cannot be read, is longer, or others may read it. No byte of it is in the error.
    public static func read(_ path: String, limit: Int, of kind: String) throws -> [UInt8] {
        let file = try SmallFile.open(path, remedy: "give the path of a file with \(kind)")
        try SmallFile.checkPrivate(path, file.status)
        return try SmallFile.read(file, path, limit: limit)
    }
}
