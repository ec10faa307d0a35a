import CDeflate

/// The IDAT chunks of a PNG, which hold its pixels, with the check that each carries.
///
/// Own code beside libpng, which gives out pixels only: `PlainPNG` needs the packed stream as a whole.
struct PNGPixelChunks {
    let bytes: UnsafeRawBufferPointer

    // Length, four letters, a CRC-32 of letters and content.
    private static let frameBytes = 12

    /// The contents of the chunks behind each other: a zlib stream.
    /// - Parameter start: where the first of them begins.
    /// - Returns: nil where one is cut off or fails its check.
    func packed(from start: Int) -> [UInt8]? {
        var packed: [UInt8] = []
        packed.reserveCapacity(bytes.count)
        var offset = start
        while bytes.count - offset >= Self.frameBytes, bytes[(offset + 4)...].starts(with: "IDAT".utf8) {
            let end = offset + 8 + Int(number(at: offset))
            guard end <= bytes.count - 4 else { return nil }
            let checked = UnsafeRawBufferPointer(rebasing: bytes[offset + 4..<end])
            guard libdeflate_crc32(0, checked.baseAddress, checked.count) == number(at: end) else { return nil }
            packed += checked.dropFirst(4)
            offset = end + 4
        }
        return packed
    }

    private func number(at offset: Int) -> UInt32 {
        UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
