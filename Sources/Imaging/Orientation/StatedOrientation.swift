import CDeflate
import Storage

extension ImageFormat {
    /// The orientation that a file states for its pixels; upright where it states none, or one that cannot be read.
    ///
    /// JPEG has it in its first EXIF segment, PNG in the chunk `eXIf` and WebP in the chunk `EXIF`, wherever these stand, and TIFF in a
    /// tag of the page that is read. BMP and Netpbm cannot state one.
    func statedOrientation(_ bytes: UnsafeRawBufferPointer, name: String, limits: ImageLimits) -> ImageOrientation {
        let exif: UnsafeRawBufferPointer?
        switch self {
        case .jpeg: exif = EXIFSegments.inJPEG(bytes)
        case .png: exif = EXIFSegments.inPNG(bytes)
        case .webp: exif = EXIFSegments.inWebP(bytes)
        case .tiff:
            let decoder = TIFFDecoder(name: name, limits: limits, reduction: DepthReduction())
            return (try? decoder.statedOrientation(bytes)) ?? .upright
        case .bmp, .netpbm: return .upright
        }
        return exif.flatMap { EXIFBlock($0)?.orientation } ?? .upright
    }
}

extension ImageDecoder {
    /// Whether an image's file states that its pixels are to be turned or mirrored.
    /// - Throws: `ImageError` where the file cannot be read, or is no image.
    public static func isTurned(_ location: ImageLocation, limits: ImageLimits = .standard) throws -> Bool {
        let name = location.text
        return try EncodedImage(reading: location, limits: limits).withUnsafeBytes { bytes in
            try limits.check(fileBytes: bytes.count, of: name)
            let format = try ImageFormat(of: bytes, name: name)
            return format.statedOrientation(bytes, name: name, limits: limits) != .upright
        }
    }
}

/// Finds the EXIF metadata in files. Each walk looks at the headers of segments or chunks only, and ends where one lies.
enum EXIFSegments {
    typealias Bytes = UnsafeRawBufferPointer

    /// The first segment APP1 that begins with `Exif`, before the first scan.
    static func inJPEG(_ bytes: Bytes) -> Bytes? {
        let (application1, startOfScan): (UInt8, UInt8) = (0xE1, 0xDA)
        // Behind the marker that begins the image.
        var at = 2
        while at + 4 <= bytes.count, bytes[at] == 0xFF {
            let marker = bytes[at + 1]
            if marker == 0xFF {
                at += 1
                continue
            }
            // Markers without a segment.
            if marker == 0x01 || (0xD0...0xD8).contains(marker) {
                at += 2
                continue
            }
            let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
            guard marker != startOfScan, length >= 2, at + 2 + length <= bytes.count else { return nil }
            let content = Bytes(rebasing: bytes[at + 4..<at + 2 + length])
            if marker == application1, content.starts(with: EXIFBlock.prefix) { return content }
            at += 2 + length
        }
        return nil
    }

    /// The chunk `eXIf`, before the pixels or behind them, where some programs put it. One that fails its check does not count.
    static func inPNG(_ bytes: Bytes) -> Bytes? {
        // The signature's length; then each chunk has its length, four letters, the content and a CRC-32.
        var at = 8
        while at + 12 <= bytes.count {
            let length = Int(bigEndian32(bytes, at))
            let end = at + 8 + length
            guard end + 4 <= bytes.count else { return nil }
            let checked = Bytes(rebasing: bytes[at + 4..<end])
            if checked.starts(with: "eXIf".utf8) {
                let isSound = libdeflate_crc32(0, checked.baseAddress, checked.count) == bigEndian32(bytes, end)
                return isSound ? Bytes(rebasing: checked.dropFirst(4)) : nil
            }
            at = end + 4
        }
        return nil
    }

    /// The chunk `EXIF` of the RIFF file.
    static func inWebP(_ bytes: Bytes) -> Bytes? {
        // `RIFF`, a length and `WEBP`; then each chunk has four letters, its length, and the content, filled up to an even length.
        var at = 12
        while at + 8 <= bytes.count {
            let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self)))
            guard at + 8 + length <= bytes.count else { return nil }
            if bytes[at...].starts(with: "EXIF".utf8) { return Bytes(rebasing: bytes[at + 8..<at + 8 + length]) }
            at += 8 + length + length % 2
        }
        return nil
    }

    private static func bigEndian32(_ bytes: Bytes, _ offset: Int) -> UInt32 {
        UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
