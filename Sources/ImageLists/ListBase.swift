import Archives
import ObjectStores
import Storage

/// What the relative entries of a list, a folder or an archive are relative to.
enum ListBase {
    /// By its path from the root.
    case folder(String)
    /// The address of the list, or a prefix of objects' keys.
    case address(ObjectAddress)

    /// Where an entry is. An address is one wherever it stands; nothing in a bucket or on a web server names a file of this machine.
    /// - Throws: `ObjectAddressError` where it is no address, or holds credentials.
    func place(of entry: String) throws -> ListedPlace {
        switch self {
        case .folder where ObjectAddress.isAddress(entry): .object(try ObjectAddress(entry))
        case .folder(let folder): .file(FilePath.resolve(entry, in: folder))
        case .address(let address): .object(try address.resolving(entry))
        }
    }
}

/// Where an entry of a list is, which may be an image, an archive, or a member of one.
enum ListedPlace {
    /// By its path from the root.
    case file(String)
    case object(ObjectAddress)

    /// The path or address.
    var name: String {
        switch self {
        case .file(let path): path
        case .object(let address): address.text
        }
    }

    /// The place as that of an image.
    var location: ImageLocation {
        switch self {
        case .file(let path): .file(path)
        case .object(let address): .object(StoredObject(address: address.text))
        }
    }

    /// Whether it is named as an archive.
    var isNamedArchive: Bool {
        switch self {
        case .file(let path): ArchiveKind.isNamed(path)
        case .object(let address): ArchiveKind.isNamed(address.path)
        }
    }

    /// The places above it that are named as archives, the outermost first, each with the name that this one would have in it.
    var archivesAbove: [(archive: ListedPlace, name: String)] {
        switch self {
        case .file(let path):
            Self.cuts(path[...]).map { (.file(String($0)), String($1)) }
        case .object(.bucket(let address)):
            Self.cuts(address.key[...]).compactMap { key, name in
                (try? BucketAddress(bucket: address.bucket, key: String(key))).map {
                    (.object(.bucket($0)), String(name))
                }
            }
        case .object(.web(let address)):
            address.query != nil
                ? []
                : Self.cuts(address.path[...]).compactMap { path, name in
                    guard let archive = try? address.withPath(String(path)), let name = PercentEncoding.decode(name)
                    else {
                        return nil
                    }
                    return (.object(.web(archive)), name)
                }
        }
    }

    private static func cuts(_ path: Substring) -> [(before: Substring, behind: Substring)] {
        path.utf8.indices.filter { path.utf8[$0] == UInt8(ascii: "/") && $0 > path.startIndex }
            .map { (path[..<$0], path[path.utf8.index(after: $0)...]) }
            .filter { ArchiveKind.isNamed($0.0) && !$0.1.isEmpty }
    }
}
