import CDeflate

/// The chunks of a PNG, up to the first one behind its pixels, with the check that each carries.
///
/// libspng inflates while it reads and is content when the last row is full: damage in the last chunk of pixels, often the only
/// one, would go by. So chunks are walked and checked here first, for every PNG.
struct PNGChunks {
    let name: String
    let bytes: UnsafeRawBufferPointer

    private static let signatureBytes = 8
    // Length, four letters, a CRC-32 of letters and content.
    private static let frameBytes = 12

    /// The contents of the IDAT chunks behind each other: a zlib stream.
    /// - Throws: `ImageError` where a chunk is cut off, fails its check, or is unknown and not to be skipped.
    func packedPixels() throws -> [UInt8] {
        var packed: [UInt8] = []
        packed.reserveCapacity(bytes.count)
        var offset = Self.signatureBytes
        while bytes.count - offset >= Self.frameBytes {
            let kind = number(at: offset + 4)
            if !packed.isEmpty && kind != fourLetters("IDAT") { return packed }
            packed += try checkedContent(at: offset, kind)
            offset += Self.frameBytes + Int(number(at: offset))
        }
        guard !packed.isEmpty else { throw ImageError.damaged(name, "PNG", "the file ends too early") }
        return packed
    }

    /// What a chunk adds to the pixels: all or nothing.
    private func checkedContent(at offset: Int, _ kind: UInt32) throws -> UnsafeRawBufferPointer.SubSequence {
        let length = Int(number(at: offset))
        guard length <= bytes.count - offset - Self.frameBytes else {
            throw ImageError.damaged(name, "PNG", "the file ends too early, in the chunk at byte \(offset)")
        }
        let content = offset + 8..<offset + 8 + length
        let checked = UnsafeRawBufferPointer(rebasing: bytes[offset + 4..<content.upperBound])
        guard libdeflate_crc32(0, checked.baseAddress, checked.count) == number(at: content.upperBound) else {
            throw ImageError.damaged(name, "PNG", "the chunk at byte \(offset) fails its check")
        }
        switch kind {
        case fourLetters("IDAT"): return bytes[content]
        case fourLetters("IHDR"), fourLetters("PLTE"), fourLetters("IEND"): break
        // A small first letter: a chunk without which the pixels can be read.
        case _ where kind & 0x2000_0000 != 0: break
        default:
            throw ImageError.unsupported(name, "a PNG with an unknown chunk that it needs, at byte \(offset)")
        }
        return bytes[content.prefix(0)]
    }

    private func number(at offset: Int) -> UInt32 {
        UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    private func fourLetters(_ name: StaticString) -> UInt32 {
        name.withUTF8Buffer { $0.reduce(0) { $0 << 8 | UInt32($1) } }
    }
}
