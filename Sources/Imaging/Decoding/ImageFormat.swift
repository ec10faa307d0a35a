/// The formats that are read, told by a file's first bytes and never by its name.
enum ImageFormat {
    case png, jpeg, tiff, bmp

    /// - Throws: `ImageError`, which says what the file is instead where that can be told.
    init(of bytes: UnsafeRawBufferPointer, name: String) throws {
        func starts(_ magic: [UInt8], at offset: Int = 0) -> Bool {
            bytes.count >= offset + magic.count && bytes[offset..<offset + magic.count].elementsEqual(magic)
        }
        func starts(_ magic: String, at offset: Int = 0) -> Bool { starts(Array(magic.utf8), at: offset) }

        let known: [(Bool, ImageFormat)] = [
            (starts([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]), .png),
            (starts([0xFF, 0xD8, 0xFF]), .jpeg),
            (starts([0x49, 0x49, 0x2A, 0]) || starts([0x49, 0x49, 0x2B, 0]), .tiff),
            (starts([0x4D, 0x4D, 0, 0x2A]) || starts([0x4D, 0x4D, 0, 0x2B]), .tiff),
            (starts("BM"), .bmp),
        ]
        if let format = known.first(where: \.0)?.1 {
            self = format
            return
        }
        guard !bytes.isEmpty else { throw ImageError(name, "the file is empty") }
        let foreign: [(Bool, String)] = [
            (starts("RIFF") && starts("WEBP", at: 8), "a WebP image"),
            (starts("GIF8"), "a GIF image"),
            (starts("ftyp", at: 4), "a HEIF, AVIF or video file"),
            (starts([0, 0, 0, 0x0C, 0x6A, 0x50]) || starts([0xFF, 0x4F, 0xFF, 0x51]), "a JPEG 2000 image"),
            (starts("8BPS"), "a Photoshop document"),
            (starts("%PDF"), "a PDF document"),
            (starts([0x93]) && starts("NUMPY", at: 1), "a NumPy array"),
        ]
        guard let what = foreign.first(where: \.0)?.1 else {
            throw ImageError(name, "not an image of a kind that is read (PNG, JPEG, TIFF, BMP)")
        }
        throw ImageError(name, "\(what), which is not read; convert it to PNG")
    }
}
