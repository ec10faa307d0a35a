import Cluster
import Foundation
import Storage

/// The files that workers may fetch, or map where they lie. They belong to the user, who may overwrite one in the middle of a job: what
/// was computed from it then belongs to neither.
package struct BlobStore: Sendable {
    private var files: [Digest: PinnedFile] = [:]

    package init() {}

    /// Adds a file. One that is held already stays held, whatever lies at its path by now.
    /// - Parameter digest: of the file's content, where it is known already.
    package mutating func add(_ path: String, digest: Digest? = nil) throws -> Blob {
        if let digest, let held = files[digest] {
            return Blob(digest: digest, byteCount: held.count, path: path.absolute)
        }
        let file = try PinnedFile(path: path)
        let digest = try digest ?? file.digest()
        files[digest] = file
        return Blob(digest: digest, byteCount: file.count, path: path.absolute)
    }

    /// Lets a file go.
    package mutating func remove(_ blob: Blob) { files[blob.digest] = nil }

    /// Lets all other files go.
    package mutating func keep(only blobs: [Blob]) {
        let digests = Set(blobs.map(\.digest))
        files = files.filter { digests.contains($0.key) }
    }

    /// - Throws: `StorageError` naming a file that was written to.
    func requireUnchanged() throws { for file in files.values { try file.requireUnchanged() } }

    /// A piece of a file, or nil where there is no such file or piece.
    package func piece(_ blob: Blob, offset: Int64, count: Int) throws -> [UInt8]? {
        guard let file = files[blob.digest], offset >= 0, count >= 0, offset <= file.count - Int64(count) else {
            return nil
        }
        return try file.bytes(at: offset, count: count)
    }
}

extension String {
    /// The path from the root: a worker may have another working directory.
    var absolute: String { hasPrefix("/") ? self : FileManager.default.currentDirectoryPath + "/" + self }
}
