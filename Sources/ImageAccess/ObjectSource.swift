import Archives
import ObjectStores
import Storage

/// An archive in a bucket or on a web server as a source of bytes.
struct ObjectSource: ByteSource {
    let name: String
    let byteCount: Int64
    /// With the version that it has.
    let object: StoredObject
    private let address: ObjectAddress
    private let objects: ObjectAccess

    /// Asks the server for its size and version.
    /// - Throws: `ArchiveError` where it cannot be had, or is another than the version that is asked for.
    init(_ object: StoredObject, _ objects: ObjectAccess) throws {
        let facts: ObjectFacts
        do {
            address = try ObjectAddress(object.address)
            facts = try objects.client().facts(of: address)
        } catch {
            throw ArchiveError(object.address, ObjectAccess.reason(error))
        }
        guard let size = facts.size else {
            throw ArchiveError(object.address, "the server does not tell its size, so that no part of it can be read")
        }
        if let version = object.version, let found = facts.tag, EntityTag(version) != found {
            throw ArchiveError(object.address, "it has changed since it was listed; begin a new job")
        }
        self.object = StoredObject(address: object.address, version: object.version ?? facts.tag?.text)
        (name, byteCount, self.objects) = (object.address, size, objects)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        guard offset >= 0, offset < byteCount, !buffer.isEmpty else { return 0 }
        let end = min(offset + Int64(buffer.count), byteCount)
        var place = offset
        while place < end {
            let index = place / ObjectBlocks.blockBytes
            let first = Int(place - index * ObjectBlocks.blockBytes)
            let block = try bytes(of: index)
            let count = min(block.count - first, Int(end - place))
            guard count > 0 else {
                throw ArchiveError(name, "it ends at byte \(place), where it had \(byteCount) bytes")
            }
            block.withUnsafeBytes { block in
                UnsafeMutableRawBufferPointer(rebasing: buffer[Int(place - offset)...]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: block[first..<first + count]))
            }
            place += Int64(count)
        }
        return Int(end - offset)
    }

    private func bytes(of index: Int64) throws -> [UInt8] {
        do {
            return try objects.block(index, of: object, size: byteCount, address)
        } catch {
            throw ArchiveError(name, ObjectAccess.reason(error))
        }
    }
}
