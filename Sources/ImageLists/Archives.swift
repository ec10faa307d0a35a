/// Files that hold other files. None is looked into.
enum Archives {
    private static let endings: Set<String> = ["zip", "tar", "tgz", "gz", "bz2", "xz", "zst", "7z", "rar"]
    private static let beginnings: [[UInt8]] = [
        [0x50, 0x4B, 3, 4], [0x1F, 0x8B], [0x37, 0x7A, 0xBC, 0xAF], [0x52, 0x61, 0x72, 0x21], [0xFD, 0x37, 0x7A, 0x58],
        [0x42, 0x5A, 0x68], [0x28, 0xB5, 0x2F, 0xFD],
    ]

    static func areNamed(_ name: String) -> Bool { endings.contains(FilePath.fileExtension(name)) }

    static func begin(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.dropFirst(257).starts(with: Array("ustar".utf8)) || beginnings.contains { bytes.starts(with: $0) }
    }
}
