import CDeflate
import Foundation
import Storage

/// Writes a ZIP archive whose entries are stored as they are (PKWARE's APPNOTE.TXT), as NumPy's and PyTorch's files are.
///
/// Own code: both programs map entries into memory, for which these begin at multiples of 64 bytes, and neither libzip nor libarchive places entries.
/// Besides, the same content gives the same bytes here, whichever release of a library is installed, and the file appears whole or not at all.
struct StoredZipWriter: ~Copyable {
    /// From this many bytes on, sizes and offsets stand in the fields of Zip64.
    private let zip64From: Int
    private let file: DurableFile
    private var end = 0
    private var entries: [Entry] = []

    private struct Entry {
        let name: [UInt8]
        let offset: Int
        let byteCount: Int
        let checksum: UInt32
    }

    private static let alignment = 64
    /// An extra field that other readers pass over: Android's zipalign pads with it.
    private static let paddingField: UInt16 = 0xD935
    private static let zip64Field: UInt16 = 1
    /// 1980-01-01, the first day that the format knows.
    private static let date: UInt32 = 0x0021_0000

    /// - Throws: `StorageError`.
    init(path: String, zip64From: Int = 0xFFFF_FFFF) throws {
        file = try DurableFile(path: path)
        self.zip64From = zip64From
    }

    /// Appends an entry.
    /// - Parameters:
    ///   - byteCount: of the content.
    ///   - content: hands out the content, piece by piece.
    /// - Throws: `StorageError`; what the content throws.
    mutating func add(
        _ name: String, byteCount: Int, content: (_ take: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let nameBytes = Array(name.utf8)
        let isLarge = byteCount >= zip64From
        let fixed = 30 + nameBytes.count + (isLarge ? 20 : 0)
        // At least the field's own four bytes.
        let padding = 4 + (Self.alignment - (end + fixed + 4) % Self.alignment) % Self.alignment
        let start = end + fixed + padding
        var (written, checksum) = (0, UInt32(0))
        try content { piece in
            try file.write(piece, at: start + written)
            checksum = libdeflate_crc32(checksum, piece.baseAddress, piece.count)
            written += piece.count
        }
        precondition(written == byteCount, "an entry has as many bytes as were announced")
        var header = Bytes()
        header.add(UInt32(0x0403_4B50))
        header.add(UInt16(isLarge ? 45 : 20))
        header.addCommon(checksum, isLarge ? nil : byteCount, date: Self.date)
        header.add(UInt16(nameBytes.count))
        header.add(UInt16(fixed - 30 - nameBytes.count + padding))
        header.bytes += nameBytes
        if isLarge { header.addZip64(Self.zip64Field, [byteCount, byteCount]) }
        header.add(Self.paddingField)
        header.add(UInt16(padding - 4))
        header.bytes += [UInt8](repeating: 0, count: padding - 4)
        try header.bytes.withUnsafeBytes { try file.write($0, at: end) }
        entries.append(Entry(name: nameBytes, offset: end, byteCount: byteCount, checksum: checksum))
        end = start + byteCount
    }

    mutating func add(_ name: String, _ content: [UInt8]) throws {
        try add(name, byteCount: content.count) { take in try content.withUnsafeBytes { try take($0) } }
    }

    /// Writes the directory, and gives the file its name.
    /// - Throws: `StorageError`.
    consuming func commit() throws {
        var directory = Bytes()
        for entry in entries {
            let large = [entry.byteCount, entry.byteCount, entry.offset]
            let isLarge = large.contains { $0 >= zip64From }
            directory.add(UInt32(0x0201_4B50))
            directory.add(UInt16(isLarge ? 45 : 20))
            directory.add(UInt16(isLarge ? 45 : 20))
            directory.addCommon(entry.checksum, isLarge ? nil : entry.byteCount, date: Self.date)
            directory.add(UInt16(entry.name.count))
            directory.add(UInt16(isLarge ? 28 : 0))
            // No comment, the first disk, no attributes.
            directory.bytes += [UInt8](repeating: 0, count: 10)
            directory.add(isLarge ? UInt32.max : UInt32(entry.offset))
            directory.bytes += entry.name
            if isLarge { directory.addZip64(Self.zip64Field, large) }
        }
        let (size, count) = (directory.bytes.count, entries.count)
        let isLarge = max(end, size) >= zip64From || count >= 0xFFFF
        if isLarge {
            directory.add(UInt32(0x0606_4B50))
            directory.add(UInt64(44))
            directory.add(UInt16(45))
            directory.add(UInt16(45))
            directory.add(UInt64(0))
            for number in [count, count, size, end] { directory.add(UInt64(number)) }
            directory.add(UInt32(0x0706_4B50))
            directory.add(UInt32(0))
            directory.add(UInt64(end + size))
            directory.add(UInt32(1))
        }
        directory.add(UInt32(0x0605_4B50))
        directory.add(UInt32(0))
        for _ in 0..<2 { directory.add(isLarge ? UInt16.max : UInt16(count)) }
        for number in [size, end] { directory.add(isLarge ? UInt32.max : UInt32(number)) }
        directory.add(UInt16(0))
        try directory.bytes.withUnsafeBytes { try file.write($0, at: end) }
        try file.commit()
    }

    private struct Bytes {
        var bytes: [UInt8] = []

        mutating func add(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
        }

        /// From the flags to the sizes.
        /// - Parameter byteCount: nil: it stands in the field of Zip64.
        mutating func addCommon(_ checksum: UInt32, _ byteCount: Int?, date: UInt32) {
            // Names are UTF-8; stored.
            add(UInt16(0x0800))
            add(UInt16(0))
            add(date)
            add(checksum)
            let size = byteCount.map { UInt32($0) } ?? .max
            add(size)
            add(size)
        }

        mutating func addZip64(_ field: UInt16, _ numbers: [Int]) {
            add(field)
            add(UInt16(8 * numbers.count))
            for number in numbers { add(UInt64(number)) }
        }
    }
}
