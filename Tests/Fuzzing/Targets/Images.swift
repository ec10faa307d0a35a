import Imaging
import Settings
import TestSupport

extension FuzzTarget {
    private static let limits = ImageLimits(maxFileBytes: 1 << 20, maxPixels: 1 << 20, maxSide: 4096)

    /// Images and masks of every kind, JPEG at a fraction of its size, and maps.
    static let images = FuzzTarget(
        "images",
        words: [
            "IHDR", "PLTE", "IDAT", "tRNS", "IEND", "tEXt", "zTXt", "iTXt", "iCCP", "gAMA", "padim-scale\0", "2^",
            "II*\0", "BM", "\u{93}NUMPY",
            "'shape': (", "Exif\0\0", "eXIf", "EXIF", "II*\0\u{8}\0\0\0", "\u{12}\u{1}\u{3}\0\u{1}\0\0\0\u{6}\0",
            "Adobe",
            "RIFF", "WEBP", "VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "P1 ", "P2 ", "P3 ", "P4 ", "P5 ", "P6 ", "#",
            "65535",
            "(\0\0\0", "4\0\0\0", "8\0\0\0", "@\0\0\0", "\0\0", "\0\u{1}", "\0\u{2}",
        ]
    ) {
        try fixtures(
            "Imaging/Fixtures/formats",
            endings: [
                "png", "jpg", "bmp", "dib", "tiff", "webp", "pgm", "ppm", "pbm",
            ]) + fixtures("Imaging/Fixtures/unsupported", endings: ["jpg", "webp"])
            + fixtures("Imaging/Fixtures/masks", endings: ["png", "jpg"])
            + fixtures("Imaging/Fixtures/orientation", endings: ["png", "jpg", "tiff", "webp"]) + maps() + chunkedPNGs()
    } read: { bytes, folder in
        read(bytes, in: folder)
        // Hardly a mutation leaves a chunk's CRC right, and one that is wrong ends the reading.
        if bytes.starts(with: PNGPieces.signature) {
            PNGPieces.withRightChecks(Array(bytes)).withUnsafeBytes { read($0, in: folder) }
        }
    }

    private static func read(_ bytes: UnsafeRawBufferPointer, in folder: FuzzFolder) {
        if let image = try? ImageDecoder.decode(bytes, name: "image", limits: limits) {
            demand(image.pixels.count == 3 * image.width * image.height, "pixels without a place")
            demand(image.width * image.height <= limits.maxPixels, "more pixels than allowed")
        }
        if let map = try? MapFormat.decode(bytes, name: "map", limits: limits) {
            demand(map.map.values.count == map.map.width * map.map.height, "values without a place")
        }
        // Read from a file, for there is no other way in.
        let file = folder.write(bytes, to: "image")
        if bytes.starts(with: [0xFF, 0xD8]) {
            _ = try? ImageDecoder.decode(.file(file), toBecome: 4, 3, limits: limits)
        }
        if let stored = try? Mask.decode(.file(file), limits: limits) {
            demand(stored.mask.defective.count == stored.mask.width * stored.mask.height, "a mask without a place")
        }
        if let image = try? ImageDecoder.decode(.file(file), orientation: .exif, limits: limits) {
            demand(image.pixels.count == 3 * image.width * image.height, "turned pixels without a place")
        }
        if bytes.starts(with: Array("II".utf8)) { _ = try? ImageDecoder.hasMorePages(.file(file), limits: limits) }
        if let depth = try? ImageDecoder.sampleDepth(.file(file), limits: limits) {
            demand((0...16).contains(depth.significantBits), "\(depth.significantBits) bits of 16")
        }
    }

    private static func maps() throws -> [[UInt8]] {
        let map = FloatImage(width: 7, height: 5, values: (0..<35).map { Float($0) / 3 })
        return try MapFormat.allCases.map { try $0.encode(map) }
    }

    /// A picture with chunks before its pixels: texts of each kind, a profile, and some that unpack to more than is read.
    private static func chunkedPNGs() -> [[UInt8]] {
        let large = PNGPieces.deflated([UInt8](repeating: 0, count: 4 << 20))
        let scale = Array("2^3: distance = sample / 2^3".utf8)
        let keyword = Array("padim-scale\0".utf8)
        let chunks: [(String, [UInt8])] = [
            ("tEXt", keyword + scale), ("zTXt", keyword + [0] + PNGPieces.deflated(scale)),
            ("zTXt", keyword + [0] + large),
            ("iTXt", keyword + [0, 0, 0, 0] + scale), ("iTXt", keyword + [1, 0, 0, 0] + PNGPieces.deflated(scale)),
            ("iTXt", keyword + [1, 0, 0, 0] + large), ("iCCP", keyword + [0] + large), ("tRNS", [0, 1]),
            ("PLTE", [1, 2, 3]),
        ]
        return [0, 1].flatMap { interlaced in
            chunks.map { name, content in
                PNGPieces.signature
                    + PNGPieces.chunk("IHDR", PNGPieces.number(3) + PNGPieces.number(2) + [16, 0, 0, 0, interlaced])
                    + PNGPieces.chunk(name, content)
                    // More than enough rows for any order of them.
                    + PNGPieces.chunk("IDAT", PNGPieces.deflated([UInt8](repeating: 0, count: 40)))
                    + PNGPieces.chunk("IEND", [])
            }
        }
    }
}
