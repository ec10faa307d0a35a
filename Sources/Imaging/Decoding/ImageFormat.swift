/// The formats that are read: the one registry, for decoding and for folders. A file's format is told by its first bytes and never by
/// its name; a folder's images are found by their names.
package enum ImageFormat: CaseIterable {
    case png, jpeg, tiff, bmp, webp, netpbm

    var name: String {
        switch self {
        case .png: "PNG"
        case .jpeg: "JPEG"
        case .tiff: "TIFF"
        case .bmp: "BMP"
        case .webp: "WebP"
        case .netpbm: "PGM, PPM, PBM"
        }
    }

    /// The endings of names in lower case, without the dot.
    var extensions: [String] {
        switch self {
        case .png: ["png"]
        case .jpeg: ["jpg", "jpeg", "jpe", "jfif", "jfi"]
        case .tiff: ["tif", "tiff"]
        case .bmp: ["bmp", "dib"]
        case .webp: ["webp"]
        case .netpbm: ["pgm", "ppm", "pbm", "pnm"]
        }
    }

    private func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .png: bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        case .jpeg: bytes.starts(with: [0xFF, 0xD8, 0xFF])
        // Little endian or big, with offsets of 32 bits or of 64.
        case .tiff:
            [[0x49, 0x49, 0x2A, 0], [0x49, 0x49, 0x2B, 0], [0x4D, 0x4D, 0, 0x2A], [0x4D, 0x4D, 0, 0x2B]]
                .contains { bytes.starts(with: $0) }
        case .bmp: bytes.starts(with: "BM".utf8) || BMPHeader.startsBareDIB(bytes)
        case .webp: bytes.starts(with: "RIFF".utf8) && bytes.dropFirst(8).starts(with: "WEBP".utf8)
        case .netpbm: NetpbmHeader.begins(bytes)
        }
    }

    /// - Throws: `ImageError`, which says what the file is instead where that can be told.
    package init(of bytes: UnsafeRawBufferPointer, name: String) throws {
        if let format = Self.allCases.first(where: { $0.begins(bytes) }) {
            self = format
            return
        }
        guard !bytes.isEmpty else { throw ImageError(name, "the file is empty") }
        if let foreign = ForeignFormat.all.first(where: { $0.begins(bytes) }) {
            throw ImageError.unsupported(name, foreign.name)
        }
        let names = Self.allCases.map(\.name).joined(separator: ", ")
        throw ImageError(name, "not an image of a kind that is read (\(names))")
    }

    package static let extensions = allCases.flatMap(\.extensions)

    /// The pixels of a file that begins as this format does.
    func decode(_ bytes: UnsafeRawBufferPointer, name: String, limits: ImageLimits, reduction: DepthReduction) throws
        -> RGBImage
    {
        switch self {
        case .png: try PNGDecoder(name: name, limits: limits, reduction: reduction).decode(bytes)
        case .jpeg: try JPEGDecoder(name: name, limits: limits).decode(bytes)
        case .tiff: try TIFFDecoder(name: name, limits: limits, reduction: reduction).decode(bytes)
        case .bmp: try BMPDecoder(name: name, limits: limits).decode(bytes)
        case .webp: try WebPDecoder(name: name, limits: limits).decode(bytes)
        case .netpbm: try NetpbmDecoder(name: name, limits: limits, reduction: reduction).decode(bytes)
        }
    }
}
