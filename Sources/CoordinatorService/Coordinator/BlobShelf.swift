import Cluster
import Storage

/// The files that workers may fetch, mapped.
struct BlobShelf: Sendable {
    private var files: [Digest: MappedFile] = [:]

    /// Puts a file on the shelf.
    /// - Parameter digest: of the file's content, where it is known already.
    mutating func add(_ path: String, digest: Digest? = nil) throws -> Blob {
        let file = try MappedFile(path: path)
        let digest = digest ?? file.withBytes { Digest(of: $0) }
        files[digest] = file
        return Blob(digest: digest, byteCount: Int64(file.count), path: path)
    }

    /// A piece of a file, or nil where there is no such file or piece.
    func piece(_ blob: Blob, offset: Int64, count: Int) -> [UInt8]? {
        guard let file = files[blob.digest], offset >= 0, count >= 0, offset <= Int64(file.count) - Int64(count) else {
            return nil
        }
        return file.withBytes { Array($0[Int(offset)..<Int(offset) + count]) }
    }
}
