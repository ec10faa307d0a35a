/// A file inside of an archive, and where it lies there.
public struct ArchiveMember: Hashable, Sendable {
    /// The archive's file or object.
    public enum Archive: Hashable, Sendable {
        /// By its path from the root.
        case file(String)
        case object(StoredObject)

        /// Its path or address.
        public var name: String {
            switch self {
            case .file(let path): path
            case .object(let object): object.address
            }
        }
    }

    /// How a member's bytes are stored.
    public enum Form: String, Codable, Sendable {
        /// In a tar file.
        case tar
        /// In a tar file that is compressed as a whole.
        case compressedTar
        /// In a zip file, as they are.
        case zipStored
        /// In a zip file, deflated.
        case zipDeflated
    }

    /// Where a member's bytes are in its archive.
    public struct Extent: Hashable, Sendable {
        public let form: Form
        /// Of the member's first header, from the archive's first byte; in a compressed tar, from the first decompressed byte.
        public let offset: Int64
        /// Bytes from the first header to the end of the member's stored data.
        public let length: Int64
        /// Bytes of the member's content.
        public let size: Int64
        /// CRC-32 of the content, in a zip file.
        public let checksum: UInt32?
        /// The name in the member's own header where it is another: that of the file that a link leads to, or one that begins with `./`.
        public let storedName: String?

        public init(
            form: Form, offset: Int64, length: Int64, size: Int64, checksum: UInt32? = nil, storedName: String? = nil
        ) {
            (self.form, self.offset, self.length, self.size) = (form, offset, length, size)
            (self.checksum, self.storedName) = (checksum, storedName)
        }

        /// What offsets and sizes are below, so that sums of two do not overflow. JSON has no larger whole numbers either.
        static let limit: Int64 = 1 << 53

        var isPossible: Bool {
            [offset, length, size].allSatisfy { (0..<Self.limit).contains($0) } && (form != .tar || size <= length)
        }
    }

    public let archive: Archive
    /// From the archive's root, with slashes between its parts.
    public let name: String
    public let extent: Extent

    public init(archive: Archive, name: String, extent: Extent) {
        (self.archive, self.name, self.extent) = (archive, name, extent)
    }

    init?(text: String, place: ImagePlace) {
        guard let count = place.archive, count > 0, count < text.utf8.count - 1,
            let form = place.form, let offset = place.offset, let length = place.length, let size = place.size
        else { return nil }
        let cut = text.utf8.index(text.utf8.startIndex, offsetBy: count)
        guard text.utf8[cut] == UInt8(ascii: "/"), let archive = String(text.utf8[..<cut]),
            let name = String(text.utf8[cut...].dropFirst())
        else { return nil }
        let extent = Extent(
            form: form, offset: offset, length: length, size: size, checksum: place.checksum,
            storedName: place.storedName)
        guard extent.isPossible else { return nil }
        self.init(
            archive: StoredObject.isAddress(archive)
                ? .object(StoredObject(address: archive, version: place.version)) : .file(archive),
            name: name, extent: extent)
    }
}

/// What must be known of an image beside the text of its location, as journals and messages have it.
public struct ImagePlace: Codable, Equatable, Sendable {
    /// Of a member: the number of UTF-8 bytes of the location's text that name the archive.
    public private(set) var archive: Int?
    public private(set) var form: ArchiveMember.Form?
    public private(set) var offset: Int64?
    public private(set) var length: Int64?
    public private(set) var size: Int64?
    public private(set) var checksum: UInt32?
    public private(set) var storedName: String?
    /// The ETag of the object, or of the object that is the archive.
    public private(set) var version: String?
    /// Why the image cannot be read.
    public private(set) var refused: String?

    init(version: String) { self.version = version }

    init(refused: String) { self.refused = refused }

    init(_ member: ArchiveMember) {
        archive = member.archive.name.utf8.count
        let extent = member.extent
        (form, offset, length, size) = (extent.form, extent.offset, extent.length, extent.size)
        (checksum, storedName) = (extent.checksum, extent.storedName)
        if case .object(let object) = member.archive { version = object.version }
    }
}
