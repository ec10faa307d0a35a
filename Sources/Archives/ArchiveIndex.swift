import Storage

/// What an archive holds, and where in it: found once, by reading all headers.
public struct ArchiveIndex: Sendable {
    /// A file in the archive.
    public struct Member: Sendable, Equatable {
        public enum Place: Sendable, Equatable {
            case extent(ArchiveMember.Extent)
            /// Why it cannot be read.
            case refused(String)
        }

        /// From the archive's root, with slashes between its parts. Of a refused member, the name as it stands in the archive.
        public let name: String
        public let place: Place
        /// Its bytes, where they were asked for.
        public let content: [UInt8]?

        init(name: String, place: Place, content: [UInt8]? = nil) {
            (self.name, self.place, self.content) = (name, place, content)
        }
    }

    /// Which members' bytes are wanted with the index: small files that say something of others.
    public struct ContentChoice: Sendable {
        let isWanted: @Sendable (_ name: String) -> Bool
        /// Larger members' bytes are left out.
        let mostBytes: Int64

        public static let none = ContentChoice(mostBytes: 0) { _ in false }

        public init(mostBytes: Int64, isWanted: @escaping @Sendable (_ name: String) -> Bool) {
            (self.mostBytes, self.isWanted) = (mostBytes, isWanted)
        }

        func takes(_ name: String, size: Int64) -> Bool { size <= mostBytes && isWanted(name) }
    }

    /// The path or address of the archive.
    public let archive: String
    public let kind: ArchiveKind
    /// In the order of their names, byte by byte: as the files of the same folder would be listed. Folders, devices and names that begin
    /// with a dot are left out.
    public let members: [Member]
    /// Why there may be more members than these; nil: these are all.
    public let damage: String?
    /// Names that come more than once. The last member of a name counts, as it would be left when the archive is unpacked.
    public let repeatedNames: [String]
    /// Whether each member lies behind the one before it in `members`.
    public let isInOrder: Bool

    /// The most members that are indexed.
    public static let mostMembers = 1 << 25

    /// Reads an archive's headers.
    /// - Throws: `ArchiveError` where it is no archive, or where nothing of it can be read; `StorageError`.
    public init(of source: any ByteSource, contents: ContentChoice = .none) throws {
        archive = source.name
        kind = try ArchiveKind(of: source)
        let found =
            kind == .zip
            ? try ZipIndexer(source, contents).index() : try TarIndexer(source, kind, contents).index()
        damage = found.damage
        (members, repeatedNames) = Self.sorted(found.members)
        isInOrder = zip(members, members.dropFirst()).allSatisfy { first, second in
            guard case .extent(let first) = first.place, case .extent(let second) = second.place else { return true }
            return first.offset <= second.offset
        }
    }

    private static func sorted(_ found: [Member]) -> (members: [Member], repeatedNames: [String]) {
        // By bytes, and of one name in the order of the archive.
        let order = found.indices.sorted { left, right in
            let (first, second) = (found[left].name.utf8, found[right].name.utf8)
            if first.elementsEqual(second) { return left < right }
            return first.lexicographicallyPrecedes(second)
        }
        var members: [Member] = []
        var repeated: [String] = []
        for place in order {
            if let last = members.last, last.name.utf8.elementsEqual(found[place].name.utf8) {
                if repeated.last != last.name { repeated.append(last.name) }
                members[members.count - 1] = found[place]
            } else {
                members.append(found[place])
            }
        }
        return (members, repeated)
    }

    /// The member of a name; nil where there is none.
    public func member(named name: String) -> Member? {
        var (low, high) = (0, members.count)
        while low < high {
            let middle = (low + high) / 2
            if members[middle].name.utf8.lexicographicallyPrecedes(name.utf8) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard low < members.count, members[low].name.utf8.elementsEqual(name.utf8) else { return nil }
        return members[low]
    }
}

/// What an indexer found, in the order of the archive.
struct FoundMembers {
    var members: [ArchiveIndex.Member] = []
    var damage: String?

    /// - Throws: `ArchiveError` where there are too many.
    mutating func add(_ member: ArchiveIndex.Member, of archive: String) throws {
        guard members.count < ArchiveIndex.mostMembers else {
            throw ArchiveError(
                archive, "it has more than \(ArchiveIndex.mostMembers) members; pack it as several archives")
        }
        members.append(member)
    }
}
