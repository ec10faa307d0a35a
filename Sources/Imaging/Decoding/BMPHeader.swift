/// What a Windows or OS/2 bitmap says of itself: a file header (absent in a bare DIB), an information header of 12 to 124
/// bytes, colour masks, a palette, and then, perhaps after a gap, the pixels.
struct BMPHeader {
    enum Storage {
        /// A number that names a colour of the palette.
        case indices
        /// Bit fields of red, green and blue within a pixel's 16, 24 or 32 bits.
        case fields([BMPField])
        /// Run-length coded numbers, of 4 or 8 bits.
        case runs
    }

    let width: Int
    let height: Int
    /// Whether the first row is the image's top row; the usual is its bottom row.
    let isTopDown: Bool
    let bits: Int
    let storage: Storage
    /// 256 colours as RGB. What the file does not give is black, as Pillow has it.
    let palette: [UInt8]
    let pixelsAt: Int
    /// Whether a palette is read where the file says that the pixels begin.
    let paletteIsAssumed: Bool

    /// Bytes of a row as it is stored, padded to four.
    var stride: Int { (width * bits + 31) / 32 * 4 }

    private static let fileHeaderBytes = 14

    /// Whether bytes begin with an information header, as the clipboard and Pillow's `.dib` files have it.
    static func startsBareDIB(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 16, let kind = InformationHeader(rawValue: Int(bytes.number(UInt32.self, 0))) else {
            return false
        }
        let planesAt = kind == .core ? 8 : 12
        return bytes.number(UInt16.self, planesAt) == 1
            && [1, 2, 4, 8, 16, 24, 32].contains(bytes.number(UInt16.self, planesAt + 2))
    }

    init(_ bytes: UnsafeRawBufferPointer, name: String, limits: ImageLimits) throws {
        let start = bytes.starts(with: "BM".utf8) ? Self.fileHeaderBytes : 0
        let fields = try InformationFields(bytes, at: start, name: name)
        try limits.check(width: fields.width, height: fields.height, of: name)
        (width, height, isTopDown, bits) = (fields.width, fields.height, fields.isTopDown, fields.bits)
        let (masks, maskBytes) = try fields.masks(bytes, name: name)
        storage = try Self.storage(fields, masks, name)

        let paletteAt = start + fields.size + maskBytes
        let given = start > 0 ? Int(bytes.number(UInt32.self, 10)) : 0
        guard given == 0 || given >= paletteAt else {
            throw ImageError.damaged(name, "BMP", "its pixels begin within its header")
        }
        let colors = bits > 8 ? 0 : fields.colors == 0 ? 1 << bits : fields.colors
        guard colors <= 65_536 else { throw ImageError.damaged(name, "BMP", "its palette has \(colors) colours") }
        let paletteEnd = paletteAt + colors * fields.bytesPerColor
        // Some writers give the end of the header for the beginning of the pixels, though a palette is between them.
        paletteIsAssumed = bits <= 8 && given == start + fields.size
        pixelsAt = given == 0 || paletteIsAssumed ? paletteEnd : given
        palette = bits > 8 ? [] : Self.palette(bytes, paletteAt..<min(paletteEnd, pixelsAt), fields.bytesPerColor)
    }

    private static func storage(_ fields: InformationFields, _ masks: [UInt32]?, _ name: String) throws -> Storage {
        switch (fields.compression, fields.bits) {
        case (.runs8, 8), (.runs4, 4): return .runs
        case (.none, 1), (.none, 2), (.none, 4), (.none, 8): return .indices
        case (.none, 16): return .fields([0x7C00, 0x3E0, 0x1F].map { BMPField(mask: $0) })
        case (.none, 24), (.none, 32): return .fields([0xFF0000, 0xFF00, 0xFF].map { BMPField(mask: $0) })
        case (.fields, 16), (.fields, 24), (.fields, 32):
            guard var masks else { break }
            // No masks at all: 32 bits are then taken in the usual order, as Pillow does.
            if masks == [0, 0, 0], fields.bits == 32 { masks = [0xFF0000, 0xFF00, 0xFF] }
            guard masks.allSatisfy({ BMPField.isContiguous($0) }) else {
                throw ImageError.unsupported(name, "a BMP with colour masks of several pieces or none")
            }
            guard masks.allSatisfy({ UInt64($0) < UInt64(1) << UInt64(fields.bits) }) else {
                throw ImageError.damaged(name, "BMP", "its colour masks reach beyond its \(fields.bits) bits a pixel")
            }
            return .fields(masks.map { BMPField(mask: $0) })
        default: break
        }
        throw ImageError.unsupported(name, "a BMP of \(fields.bits) bits a pixel, \(fields.compression)")
    }

    private static func palette(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ bytesPerColor: Int
    ) -> [UInt8] {
        var colors = [UInt8](repeating: 0, count: 3 * 256)
        for index in 0..<256 {
            let at = range.lowerBound + index * bytesPerColor
            guard at + 3 <= min(range.upperBound, bytes.count) else { break }
            for channel in 0..<3 { colors[3 * index + channel] = bytes[at + 2 - channel] }
        }
        return colors
    }
}

/// The kinds of information header, by their length in bytes.
enum InformationHeader: Int {
    /// Windows 2 and OS/2 1: sides of 16 bits, palettes of three bytes a colour.
    case core = 12
    /// OS/2 2, which may leave out what is 0.
    case shortOS2 = 16
    case info = 40
    /// With masks of red, green and blue.
    case masks = 52
    /// With a mask of alpha.
    case alpha = 56
    case os2 = 64
    case version4 = 108
    case version5 = 124
}

/// One colour's bits within a pixel.
struct BMPField {
    private let mask: UInt32
    private let shift: UInt32
    /// The colour's largest value.
    private let top: UInt64

    /// - Parameter mask: contiguous.
    init(mask: UInt32) {
        self.mask = mask
        shift = UInt32(mask.trailingZeroBitCount)
        top = UInt64(mask >> shift)
    }

    static func isContiguous(_ mask: UInt32) -> Bool {
        let ones = mask.leadingZeroBitCount + mask.nonzeroBitCount + mask.trailingZeroBitCount
        return mask != 0 && ones == UInt32.bitWidth
    }

    /// The colour scaled to 0...255, rounded down as Pillow does.
    @inline(__always)
    func value(_ pixel: UInt32) -> UInt8 {
        let value = (pixel & mask) >> shift
        return top == 255 ? UInt8(truncatingIfNeeded: value) : UInt8(truncatingIfNeeded: UInt64(value) * 255 / top)
    }
}

extension UnsafeRawBufferPointer {
    /// A little-endian number that may stand anywhere.
    func number<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type, _ offset: Int) -> Number {
        Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}
