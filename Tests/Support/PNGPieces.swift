import CDeflate

/// What PNG files are made of, written down as the specification has it (ISO/IEC 15948).
public enum PNGPieces {
    public static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// - Parameter name: four letters.
    public static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let checked = Array(name.utf8) + content
        return number(content.count) + checked + check(checked[...])
    }

    /// Four bytes, the high one first.
    public static func number(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// A zlib stream.
    public static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        guard let deflater = libdeflate_alloc_compressor(6) else { preconditionFailure("no memory to compress with") }
        defer { libdeflate_free_compressor(deflater) }
        var packed = [UInt8](repeating: 0, count: libdeflate_zlib_compress_bound(deflater, bytes.count))
        let count = libdeflate_zlib_compress(deflater, bytes, bytes.count, &packed, packed.count)
        return Array(packed[..<count])
    }

    /// The file with the CRC of each whole chunk put right: damage that no CRC gives away.
    public static func withRightChecks(_ file: [UInt8]) -> [UInt8] {
        var (file, offset) = (file, signature.count)
        while offset + 12 <= file.count {
            let length = file[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
            let end = offset + 8 + length
            guard end + 4 <= file.count else { break }
            file.replaceSubrange(end..<end + 4, with: check(file[offset + 4..<end]))
            offset = end + 4
        }
        return file
    }

    private static func check(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        number(Int(bytes.withUnsafeBytes { libdeflate_crc32(0, $0.baseAddress, $0.count) }))
    }
}
