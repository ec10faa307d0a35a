/// EXIF metadata, as far as the orientation needs it: a small TIFF whose first directory may have the tag 274.
///
/// Own code: libexif reads every tag and the makers' private ones, whose parsing of hostile files has a long list of faults; here one
/// number of two bytes is wanted.
struct EXIFBlock {
    private let bytes: UnsafeRawBufferPointer
    private let isBigEndian: Bool

    /// - Parameter bytes: the TIFF, with or without the six bytes `Exif\0\0` before it. Nil where it does not begin as one does.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let bare = bytes.starts(with: Self.prefix) ? UnsafeRawBufferPointer(rebasing: bytes.dropFirst(6)) : bytes
        if bare.starts(with: [0x49, 0x49, 0x2A, 0]) {
            isBigEndian = false
        } else if bare.starts(with: [0x4D, 0x4D, 0, 0x2A]) {
            isBigEndian = true
        } else {
            return nil
        }
        self.bytes = bare
    }

    static let prefix = Array("Exif\0\0".utf8)
    private static let orientationTag = 274
    /// The types of whole numbers of 16 and of 32 bits. Cameras write the first, some programs the second.
    private static let (short, long) = (3, 4)

    /// What the first directory states; nil where it states nothing, or what is no orientation.
    var orientation: ImageOrientation? {
        guard let directory = number32(at: 4), let count = number16(at: directory) else { return nil }
        for entry in 0..<count {
            let start = directory + 2 + 12 * entry
            guard let tag = number16(at: start) else { return nil }
            guard tag == Self.orientationTag else { continue }
            guard let type = number16(at: start + 2), let count = number32(at: start + 4) else { return nil }
            // Where the values do not fit into four bytes, these are an offset; one number is meant, and the first of two is taken.
            let value: Int? =
                switch (type, count) {
                case (Self.short, 1...2): number16(at: start + 8)
                case (Self.long, 1): number32(at: start + 8)
                default: nil
                }
            return value.flatMap(ImageOrientation.init)
        }
        return nil
    }

    private func number16(at offset: Int) -> Int? {
        guard offset >= 0, offset <= bytes.count - 2 else { return nil }
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
        return Int(isBigEndian ? UInt16(bigEndian: value) : UInt16(littleEndian: value))
    }

    private func number32(at offset: Int) -> Int? {
        guard offset >= 0, offset <= bytes.count - 4 else { return nil }
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        return Int(isBigEndian ? UInt32(bigEndian: value) : UInt32(littleEndian: value))
    }
}
