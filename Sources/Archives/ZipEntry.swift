import Foundation
import Storage

/// An entry of a zip file's directory.
struct ZipEntry {
    /// Nil for folders, devices and hidden names.
    private(set) var member: ArchiveIndex.Member?
    /// Where its bytes lie, whatever they are; nil where that is impossible.
    private(set) var extent: ArchiveMember.Extent?

    private static let length = 46
    private static let localLength: Int64 = 30
    private static let (stored, deflated): (UInt16, UInt16) = (0, 8)
    private static let methods: [UInt16: String] = [
        9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 99: "encryption",
    ]

    /// Takes the next entry off the directory.
    /// - Throws: `ArchiveError` where it is cut off or no entry.
    init(_ rest: inout Slice<UnsafeRawBufferPointer>, archive: String) throws {
        guard rest.count >= Self.length, rest.starts(with: [0x50, 0x4B, 1, 2]) else {
            throw ArchiveError(archive, "the zip file is damaged: its directory has something that is no entry")
        }
        let nameLength = Int(rest.little16(28))
        let extraLength = Int(rest.little16(30))
        let whole = Self.length + nameLength + extraLength + Int(rest.little16(32))
        guard rest.count >= whole else {
            throw ArchiveError(archive, "the zip file is damaged: its directory's last entry is cut off")
        }
        let entry = rest.prefix(whole)
        rest = rest.dropFirst(whole)
        let nameBytes = entry.dropFirst(Self.length).prefix(nameLength)
        let extra = entry.dropFirst(Self.length + nameLength).prefix(extraLength)
        let sizes = Sizes(entry, extra)

        let name: String
        guard let text = String(validating: nameBytes, as: UTF8.self) else {
            member = .init(
                name: String(decoding: nameBytes, as: UTF8.self),
                place: .refused("its name in the archive is not UTF-8; pack it with names in UTF-8"))
            return
        }
        guard nameBytes.last != UInt8(ascii: "/"), Self.isFile(entry) != false else { return }
        switch MemberName(text) {
        case .hidden: return
        case .refused(let reason):
            member = .init(name: text, place: .refused(reason))
            return
        case .path(let path): name = path
        }
        let method = entry.little16(10)
        if let reason = Self.obstacle(entry, method, sizes) {
            member = .init(name: name, place: .refused(reason))
            return
        }
        let extent = ArchiveMember.Extent(
            form: method == Self.stored ? .zipStored : .zipDeflated, offset: Int64(sizes.offset),
            length: Self.localLength + Int64(nameLength) + Int64(sizes.compressed), size: Int64(sizes.content),
            checksum: entry.little32(16), storedName: text == name ? nil : text)
        self.extent = extent
        member = .init(name: name, place: .extent(extent))
    }

    /// Whether Unix's mode says that it is a file; nil where there is no such mode.
    private static func isFile(_ entry: Slice<UnsafeRawBufferPointer>) -> Bool? {
        let (unix, mode) = (entry.little16(4) >> 8 == 3, mode_t(entry.little32(38) >> 16))
        guard unix, mode & S_IFMT != 0 else { return nil }
        return mode & S_IFMT == S_IFREG || mode & S_IFMT == S_IFLNK
    }

    private static func obstacle(_ entry: Slice<UnsafeRawBufferPointer>, _ method: UInt16, _ sizes: Sizes) -> String? {
        let mode = mode_t(entry.little32(38) >> 16)
        if entry.little16(4) >> 8 == 3, mode & S_IFMT == S_IFLNK { return "it is a link; pack the file itself" }
        if entry.little16(8) & 1 != 0 { return "it is encrypted; pack it without a password" }
        guard method == stored || method == deflated else {
            let how = methods[method] ?? "method \(method)"
            return "it is compressed by \(how), and only Deflate is read; pack it with 'zip' as usual"
        }
        let most: UInt64 = 1 << 53
        guard max(sizes.offset, sizes.compressed, sizes.content) < most, entry.little16(34) == 0 else {
            return "its sizes in the directory are not possible"
        }
        if method == stored, sizes.compressed != sizes.content {
            return "its sizes in the directory contradict each other"
        }
        // Deflate makes at most 1,032 bytes of one.
        if method == deflated, sizes.content > 1_032 * (sizes.compressed + 1) {
            return "it cannot become the \(sizes.content) bytes that the directory says"
        }
        return nil
    }

    /// Sizes and place, which stand in an extra field where they are large.
    private struct Sizes {
        private(set) var content: UInt64
        private(set) var compressed: UInt64
        private(set) var offset: UInt64

        init(_ entry: Slice<UnsafeRawBufferPointer>, _ extra: Slice<UnsafeRawBufferPointer>) {
            content = UInt64(entry.little32(24))
            compressed = UInt64(entry.little32(20))
            offset = UInt64(entry.little32(42))
            guard var field = Self.largeNumbers(extra) else { return }
            func take(_ number: inout UInt64) {
                guard number == UInt64(UInt32.max), field.count >= 8 else { return }
                number = field.little64(0)
                field = field.dropFirst(8)
            }
            take(&content)
            take(&compressed)
            take(&offset)
        }

        private static func largeNumbers(_ extra: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer>? {
            var rest = extra
            while rest.count >= 4 {
                let (kind, count) = (rest.little16(0), Int(rest.little16(2)))
                guard rest.count >= 4 + count else { return nil }
                if kind == 1 { return rest.dropFirst(4).prefix(count) }
                rest = rest.dropFirst(4 + count)
            }
            return nil
        }
    }
}

extension Slice<UnsafeRawBufferPointer> {
    /// Little-endian numbers, by their place in the slice.
    func little16(_ place: Int) -> UInt16 {
        UnsafeRawBufferPointer(rebasing: self).loadUnaligned(fromByteOffset: place, as: UInt16.self).littleEndian
    }
    func little32(_ place: Int) -> UInt32 {
        UnsafeRawBufferPointer(rebasing: self).loadUnaligned(fromByteOffset: place, as: UInt32.self).littleEndian
    }
    func little64(_ place: Int) -> UInt64 {
        UnsafeRawBufferPointer(rebasing: self).loadUnaligned(fromByteOffset: place, as: UInt64.self).littleEndian
    }
}
