import Archives
import Foundation
import Storage

/// Reads images' bytes, wherever they are. Safe to use from several threads.
public final class ImageReader: Sendable {
    /// The reader of a process that needs no settings of its own.
    public static let standard = ImageReader()

    private let archives = ArchiveCache()

    /// How long to wait before another try, in seconds, where the machine failed and not the file.
    static let pauses = [0.2, 1]

    public init() {}

    /// The whole content.
    /// - Parameter limit: the most bytes that are read.
    /// - Throws: `ImageAccessError` where it cannot be had, is empty, or is larger than the limit.
    public func read(_ location: ImageLocation, limit: Int) throws -> [UInt8] {
        switch location {
        case .file(let path): try WholeFile.read(path, limit: limit)
        case .member(let member): try read(member, name: location.text, limit)
        case .object: throw ImageAccessError(location.text, "objects are not read by this release")
        case .refused(let name, let reason): throw ImageAccessError(name, reason)
        }
    }

    private func read(_ member: ArchiveMember, name: String, _ limit: Int) throws -> [UInt8] {
        let size = member.extent.size
        guard size > 0 else { throw ImageAccessError(name, "the file is empty") }
        guard size <= limit else {
            throw ImageAccessError(name, "the file is too large: \(size) bytes, where at most \(limit) are read")
        }
        // Headers of a few kilobytes may stand before the content; a greater distance is not an archive's.
        guard member.extent.length - size <= Self.longestHeader || member.extent.form == .zipDeflated,
            member.extent.length <= Int64(limit) + Self.longestHeader
        else { throw ImageAccessError(name, "its place in the archive is not possible") }
        do {
            return try TransientError.retry(pauses: Self.pauses) {
                do {
                    return try archives.open(member.archive, by: source).read(member.name, member.extent)
                } catch let error as StorageError {
                    archives.close(member.archive)
                    throw error
                }
            }
        } catch let error as StorageError {
            throw ImageAccessError(name, error.reason)
        } catch let error as ArchiveError {
            throw ImageAccessError(name, error.reason)
        }
    }

    private static let longestHeader: Int64 = 1 << 20

    /// The bytes of an archive.
    /// - Throws: `StorageError` where it cannot be opened; `ImageAccessError`.
    package func source(_ archive: ArchiveMember.Archive) throws -> any ByteSource {
        switch archive {
        case .file(let path): try FileSource(path: path)
        case .object(let object): throw ImageAccessError(object.address, "objects are not read by this release")
        }
    }
}
