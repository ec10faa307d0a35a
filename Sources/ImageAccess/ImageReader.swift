import Archives
import Foundation
import ObjectStores
import Storage

/// Reads images' bytes, wherever they are. Safe to use from several threads.
public final class ImageReader: Sendable {
    /// The reader of a process that needs no settings of its own.
    public static let standard = ImageReader()

    private let archives = ArchiveCache()
    private let objects: ObjectAccess
    private let provider: (any ImageProvider)?

    /// How long to wait before another try, in seconds, where the machine failed and not the file.
    static let pauses = [0.2, 1]

    /// - Parameters:
    ///   - objects: makes the client that reads objects, when the first one is read.
    ///   - provider: is asked for images whose files this machine does not have.
    public init(
        objects: @escaping @Sendable () throws -> ObjectClient = ObjectClient.standard,
        provider: (any ImageProvider)? = nil
    ) {
        self.objects = ObjectAccess(client: objects)
        self.provider = provider
    }

    /// Says what will be read next, behind what was said before, in this order: objects are then fetched before they are asked for, as many
    /// as memory for them allows.
    public func expect(_ locations: [ImageLocation]) {
        objects.expect(locations.compactMap { if case .object(let object) = $0 { object } else { nil } })
    }

    /// Gives up what was expected.
    public func forgetExpected() { objects.forget() }

    /// How long threads have waited for other machines, summed over them.
    public var waited: Duration { objects.waited + (provider?.waited ?? .zero) }

    /// The whole content.
    /// - Parameter limit: the most bytes that are read.
    /// - Throws: `ImageAccessError` where it cannot be had, is empty, or is larger than the limit.
    public func read(_ location: ImageLocation, limit: Int) throws -> [UInt8] {
        do {
            return try readHere(location, limit: limit)
        } catch let error as ImageAccessError where error.isMissingHere {
            guard let bytes = try provider?.fetch(location, limit: limit) else { throw error }
            return bytes
        }
    }

    private func readHere(_ location: ImageLocation, limit: Int) throws -> [UInt8] {
        switch location {
        case .file(let path): try WholeFile.read(path, limit: limit)
        case .member(let member): try read(member, name: location.text, limit)
        case .object(let object): try read(object, limit)
        case .refused(let name, let reason): throw ImageAccessError(name, reason)
        }
    }

    private func read(_ object: StoredObject, _ limit: Int) throws -> [UInt8] {
        do {
            let bytes = try objects.read(object, limit: limit)
            guard !bytes.isEmpty else { throw ImageAccessError(object.address, "the object is empty") }
            return bytes
        } catch let error as ImageAccessError {
            throw error
        } catch {
            throw ImageAccessError(object.address, ObjectAccess.reason(error))
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
            throw ImageAccessError(name, error)
        } catch let error as ArchiveError {
            throw ImageAccessError(name, error.reason)
        }
    }

    private static let longestHeader: Int64 = 1 << 20

    /// An archive in a bucket or on a web server, with the version that it has now.
    /// - Throws: `ArchiveError` where it cannot be had.
    package func present(_ address: ObjectAddress) throws -> StoredObject {
        try ObjectSource(StoredObject(address: address.text), objects).object
    }

    /// The client that reads objects.
    /// - Throws: `ObjectSettingsError` where the environment or a profile says what cannot be used.
    package func objectClient() throws -> ObjectClient { try objects.client() }

    /// The bytes of an archive.
    /// - Throws: `StorageError`, `ArchiveError` where it cannot be opened.
    package func source(_ archive: ArchiveMember.Archive) throws -> any ByteSource {
        switch archive {
        case .file(let path): try FileSource(path: path)
        case .object(let object): try ObjectSource(object, objects)
        }
    }
}
