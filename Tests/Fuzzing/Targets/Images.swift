import Imaging

extension FuzzTarget {
    private static let limits = ImageLimits(maxFileBytes: 1 << 20, maxPixels: 1 << 20, maxSide: 4096)

    /// Images and masks of every kind, JPEG at a fraction of its size, and maps.
    static let images = FuzzTarget(
        "images",
        words: [
            "IHDR", "PLTE", "IDAT", "tRNS", "IEND", "tEXt", "padim-scale\0", "2^", "II*\0", "BM", "\u{93}NUMPY",
            "'shape': (", "Exif", "Adobe",
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
            + fixtures("Imaging/Fixtures/masks", endings: ["png", "jpg"]) + maps()
    } read: { bytes, folder in
        if let image = try? ImageDecoder.decode(bytes, name: "image", limits: limits) {
            demand(image.pixels.count == 3 * image.width * image.height, "pixels without a place")
            demand(image.width * image.height <= limits.maxPixels, "more pixels than allowed")
        }
        if let map = try? MapEncoding.decode(bytes, name: "map", limits: limits) {
            demand(map.map.values.count == map.map.width * map.map.height, "values without a place")
        }
        // Read from a file, for there is no other way in.
        let file = folder.write(bytes, to: "image")
        if bytes.starts(with: [0xFF, 0xD8]) {
            _ = try? ImageDecoder.decode(file: file, toBecome: 4, 3, limits: limits)
        }
        if let stored = try? Mask.decode(file: file, limits: limits) {
            demand(stored.mask.defective.count == stored.mask.width * stored.mask.height, "a mask without a place")
        }
        if bytes.starts(with: Array("II".utf8)) { _ = try? ImageDecoder.hasMorePages(file: file, limits: limits) }
        if let depth = try? ImageDecoder.sampleDepth(file: file, limits: limits) {
            demand((0...16).contains(depth.significantBits), "\(depth.significantBits) bits of 16")
        }
    }

    private static func maps() throws -> [[UInt8]] {
        let map = FloatImage(width: 7, height: 5, values: (0..<35).map { Float($0) / 3 })
        return try MapEncoding.allCases.map { try $0.encode(map) }
    }
}
