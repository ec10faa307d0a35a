import Storage

/// Which images a list has already.
///
/// Two entries are one image if they have the same name in the same folder or archive, and are of the same group. A hash of that is held
/// instead of names: lists have hundreds of thousands of them.
struct SeenImages {
    private var identities = FileIdentities()
    private var entries: [Int: Int32] = [:]
    /// Different images with equal hashes.
    private var collisions: [Int: [Int32]] = [:]

    private static let slash = UInt8(ascii: "/")

    mutating func reserveCapacity(_ count: Int) { entries.reserveCapacity(count) }

    /// The place of the entry that is the same image; where there is none, the image becomes that behind the last entry.
    mutating func earlier(_ location: ImageLocation, _ group: String?, among list: [ImageList.Entry]) -> Int32? {
        let (hash, next) = (hash(location, group), Int32(clamping: list.count))
        guard let first = entries.updateValue(next, forKey: hash) else { return nil }
        entries[hash] = first
        let own = ExactString(identity(of: location))
        for other in [first] + collisions[hash, default: []] {
            let (theirs, theirGroup) = (list[Int(other)].location, list[Int(other)].group)
            guard theirGroup.map(ExactString.init) == group.map(ExactString.init) else { continue }
            if ExactString(identity(of: theirs)) == own { return other }
        }
        collisions[hash, default: []].append(next)
        return nil
    }

    private mutating func hash(_ location: ImageLocation, _ group: String?) -> Int {
        // Without a text of the identity of a file, which most images are.
        if case .file(let path) = location {
            return Self.hash(group, folder: identities.realFolder(of: path), nameOf: path)
        }
        let identity = identity(of: location)
        let cut = identity.utf8.lastIndex(of: Self.slash) ?? identity.startIndex
        return Self.hash(group, folder: String(identity[..<cut]), nameOf: identity)
    }

    private static func hash(_ group: String?, folder: String, nameOf path: String) -> Int {
        var hasher = Hasher()
        hasher.combine(group)
        ExactString(folder).hash(into: &hasher)
        var path = path
        path.withUTF8 { bytes in
            let start = bytes.lastIndex(of: slash).map { $0 + 1 } ?? 0
            hasher.combine(bytes: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[start...])))
        }
        return hasher.finalize()
    }

    private mutating func identity(of location: ImageLocation) -> String {
        switch location {
        case .file(let path): identities.identity(of: path)
        case .member(let member):
            switch member.archive {
            case .file(let path): identities.identity(of: path) + "/" + member.name
            case .object(let object): object.address + "/" + member.name
            }
        case .object, .refused: location.text
        }
    }
}
