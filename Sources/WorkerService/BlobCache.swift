import Cluster
import Foundation
import Storage

/// Files that the coordinator serves, kept by their digest, so that a worker fetches each once.
///
/// Used from one thread at a time.
package final class BlobCache {
    private let directory: CacheDirectory
    /// The blob on its way, and the file it goes into.
    private var arriving: Blob?
    private var file: DurableFile?

    package init(_ directory: CacheDirectory) { self.directory = directory }

    /// The file with this content: in the cache, or where the coordinator has it if that is seen from here.
    package func find(_ blob: Blob) -> String? {
        [directory.blob(blob.digest), blob.path].first { path in
            guard let file = try? MappedFile(path: path), Int64(file.count) == blob.byteCount else { return false }
            return file.withBytes { Digest(of: $0) } == blob.digest
        }
    }

    /// Stores a piece of a blob that is on its way.
    package func store(_ blob: Blob, offset: Int64, bytes: [UInt8]) throws {
        if arriving != blob {
            try directory.makeBlobs()
            // Of a worker that was killed, as large as the model.
            DurableFile.removeLeftovers(inside: directory.blobs) {
                Digest(hex: String(decoding: $0, as: UTF8.self)) != nil
            }
            let begun = try DurableFile(path: directory.blob(blob.digest))
            try begun.reserve(Int(blob.byteCount))
            file = consume begun
            arriving = blob
        }
        try bytes.withUnsafeBytes { try file?.write($0, at: Int(offset)) }
    }

    /// Gives the blob its name once all pieces are stored, and checks that it is what its digest says.
    package func seal(_ blob: Blob) throws -> String {
        guard arriving == blob, let file = file.take() else {
            throw StorageError("store", directory.blob(blob.digest), "no piece of it has come")
        }
        arriving = nil
        try file.publish()
        guard let path = find(blob) else {
            unlink(directory.blob(blob.digest))
            throw StorageError("store", directory.blob(blob.digest), "what came is not what its digest says")
        }
        return path
    }
}
