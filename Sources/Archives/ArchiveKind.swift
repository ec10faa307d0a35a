/// The kinds of archive that are read.
public enum ArchiveKind: Sendable, Equatable {
    case tar
    /// A tar file that is compressed as a whole.
    case compressedTar
    case zip

    /// The endings of names in lower case, with the dot.
    public static let endings = [
        ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".zip",
    ]

    /// Whether a file or folder is named as an archive is.
    public static func isNamed(_ name: some StringProtocol) -> Bool {
        // Asked of every entry of a list. The bit tells small letters from capitals.
        guard let last = name.unicodeScalars.last, lastLetters.contains(last.value | 32) else { return false }
        let name = name.lowercased()
        return endings.contains { name.utf8.count > $0.utf8.count && name.hasSuffix($0) }
    }

    private static let lastLetters = endings.compactMap(\.unicodeScalars.last?.value)

    private static let compressions: [[UInt8]] = [
        [0x1F, 0x8B], [0xFD, 0x37, 0x7A, 0x58, 0x5A], [0x42, 0x5A, 0x68], [0x28, 0xB5, 0x2F, 0xFD],
    ]
    private static let zips: [[UInt8]] = [[0x50, 0x4B, 3, 4], [0x50, 0x4B, 5, 6]]
    /// The place of `ustar` in a tar file's first header.
    private static let tarMark = 257

    /// What a file is by its first 512 bytes; nil: none of these. A compressed file may still hold something else than a tar.
    public init?(_ start: some Collection<UInt8>) {
        if Self.zips.contains(where: { start.starts(with: $0) }) {
            self = .zip
        } else if start.dropFirst(Self.tarMark).starts(with: "ustar".utf8) {
            self = .tar
        } else if Self.compressions.contains(where: { start.starts(with: $0) }) {
            self = .compressedTar
        } else {
            return nil
        }
    }

    /// - Throws: `ArchiveError` where it is none of these kinds; `StorageError`.
    init(of source: some ByteSource) throws {
        guard let kind = ArchiveKind(try source.bytes(at: 0, count: 512)) else {
            throw ArchiveError(
                source.name, "not an archive of a kind that is read (tar, tar.gz, tar.zst, tar.xz, tar.bz2, zip)")
        }
        self = kind
    }
}
