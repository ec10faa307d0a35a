/// Where an image's bytes are: the value is the same in lists, in the journal, in messages, in the reader and in results.
///
/// A new kind of location is a case here, which the compiler then asks for wherever bytes are read.
public enum ImageLocation: Sendable {
    /// A file, by its path from the root.
    case file(String)
    /// A file inside of an archive.
    case member(ArchiveMember)
    /// An object of a store, or a file of a web server.
    case object(StoredObject)
    /// An image that a list or archive names and that cannot be read, which was found out when it was listed.
    case refused(name: String, reason: String)

    /// The location as people, journals and tables have it: a file's path, an object's address, and for a member the archive's path or
    /// address, a slash and the member's name.
    public var text: String {
        switch self {
        case .file(let path): path
        case .member(let member): member.archive.name + "/" + member.name
        case .object(let object): object.address
        case .refused(let name, _): name
        }
    }

    /// What the text does not say; nil for a file, and for an object without a version.
    public var place: ImagePlace? {
        switch self {
        case .file: nil
        case .member(let member): ImagePlace(member)
        case .object(let object): object.version.map { ImagePlace(version: $0) }
        case .refused(_, let reason): ImagePlace(refused: reason)
        }
    }

    /// The location that a journal or message names.
    /// - Returns: nil where text and place do not fit each other, or a number is impossible.
    public init?(text: String, place: ImagePlace?) {
        guard let place else {
            self = StoredObject.isAddress(text) ? .object(StoredObject(address: text)) : .file(text)
            return
        }
        if let reason = place.refused {
            self = .refused(name: text, reason: reason)
        } else if place.archive != nil {
            guard let member = ArchiveMember(text: text, place: place) else { return nil }
            self = .member(member)
        } else {
            guard StoredObject.isAddress(text) else { return nil }
            self = .object(StoredObject(address: text, version: place.version))
        }
    }
}

/// An object of a store, or a file of a web server.
public struct StoredObject: Hashable, Sendable {
    /// As `s3://bucket/key` or `https://host/path`.
    public let address: String
    /// The ETag that it had when it was listed; nil: not known.
    public let version: String?

    public init(address: String, version: String? = nil) { (self.address, self.version) = (address, version) }

    /// Whether a text is an address and no path.
    public static func isAddress(_ text: String) -> Bool {
        ["s3://", "https://", "http://"].contains { text.utf8.starts(with: $0.utf8) }
    }
}

/// Locations are equal byte by byte: file names that differ only in how an accent is composed are two files, while `String` holds
/// them equal.
extension ImageLocation: Hashable {
    public static func == (left: ImageLocation, right: ImageLocation) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension ImageLocation: CustomStringConvertible {
    public var description: String { text }
}
