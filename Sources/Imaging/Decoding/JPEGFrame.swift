/// The frame header of a JPEG, which tells the process that its pixels were coded by.
struct JPEGFrame {
    /// The marker that begins it: 0xC0 to 0xCF without tables, 0xF7 for JPEG-LS.
    let marker: UInt8
    /// Bits a sample.
    let precision: Int
    let components: Int

    /// Walks from the file's first segment to the frame header; nil where there is none before the first scan.
    init?(_ bytes: UnsafeRawBufferPointer) {
        // Behind the marker that begins the image.
        var at = 2
        while at + 4 <= bytes.count, bytes[at] == 0xFF {
            let marker = bytes[at + 1]
            // Any number of 0xFF may stand before a marker.
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
            if Self.begins(marker) {
                guard at + 10 <= bytes.count else { return nil }
                (self.marker, precision, components) = (marker, Int(bytes[at + 4]), Int(bytes[at + 9]))
                return
            }
            let startOfScan: UInt8 = 0xDA
            guard length >= 2, marker != startOfScan else { return nil }
            at += 2 + length
        }
        return nil
    }

    /// 0xC4, 0xC8 and 0xCC, among the others, are tables and an extension.
    private static func begins(_ marker: UInt8) -> Bool {
        (0xC0...0xCF).contains(marker) && ![0xC4, 0xC8, 0xCC].contains(marker) || marker == 0xF7
    }

    /// What the library does not read, in words with an article; nil for what it reads.
    var unsupported: String? {
        switch marker {
        case 0xF7: "a JPEG-LS image"
        case 0xC3, 0xCB: "a lossless JPEG"
        case 0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF: "a hierarchical JPEG"
        default:
            precision != 8 ? "a JPEG of \(precision) bits a sample" : nil
        }
    }
}
