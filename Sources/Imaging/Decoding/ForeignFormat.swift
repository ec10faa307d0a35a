/// Kinds of file that are known and not read, so that a message can name them.
package struct ForeignFormat: Sendable {
    /// With its article.
    let name: String
    /// Whether such files hold pictures of the kind that a job is about, so that a folder of them is worth a warning.
    let isImage: Bool
    /// The endings of names in lower case, without the dot.
    let extensions: [String]
    /// What such a file has at places counted from its first byte; empty: it is not told by its content.
    private let signatures: [[(offset: Int, bytes: [UInt8])]]

    private init(
        _ name: String, _ extensions: [String], isImage: Bool = true,
        _ signatures: [(offset: Int, bytes: [UInt8])]...
    ) {
        (self.name, self.extensions, self.isImage, self.signatures) = (name, extensions, isImage, signatures)
    }

    func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
        signatures.contains { parts in
            parts.allSatisfy { part in bytes.dropFirst(part.offset).starts(with: part.bytes) }
        }
    }

    /// The endings of names that images of these kinds have.
    package static let imageExtensions = Set(all.filter(\.isImage).flatMap(\.extensions))

    /// The brands of ISO base media files that hold pictures.
    private static func brand(_ name: String) -> [(offset: Int, bytes: [UInt8])] { [(4, Array("ftyp\(name)".utf8))] }
    private static func text(_ text: String, at offset: Int = 0) -> [(offset: Int, bytes: [UInt8])] {
        [(offset, Array(text.utf8))]
    }

    static let all = [
        ForeignFormat("a GIF image", ["gif"], text("GIF8")),
        ForeignFormat("an AVIF image", ["avif", "avifs"], brand("avif"), brand("avis")),
        ForeignFormat(
            "a HEIF image", ["heic", "heif", "hif"], brand("hei"), brand("hev"), brand("mif1"), brand("msf1")),
        ForeignFormat("a Canon raw image", ["cr2", "cr3", "crw"], brand("crx ")),
        ForeignFormat("a video or another file of ISO media", ["mp4", "mov"], isImage: false, text("ftyp", at: 4)),
        ForeignFormat(
            "a JPEG 2000 image", ["jp2", "j2k", "jpf", "jpx", "jpm", "j2c", "jpc"],
            [(0, [0, 0, 0, 0x0C, 0x6A, 0x50])], [(0, [0xFF, 0x4F, 0xFF, 0x51])]),
        ForeignFormat(
            "a JPEG XL image", ["jxl"], [(0, [0xFF, 0x0A])], [(0, [0, 0, 0, 0x0C, 0x4A, 0x58, 0x4C, 0x20])]),
        ForeignFormat("a JPEG XR image", ["jxr", "wdp", "hdp"], [(0, [0x49, 0x49, 0xBC])]),
        ForeignFormat("a DICOM image", ["dcm", "dicom"], text("DICM", at: 128)),
        ForeignFormat("a Photoshop document", ["psd", "psb"], text("8BPS")),
        ForeignFormat("an OpenEXR image", ["exr"], [(0, [0x76, 0x2F, 0x31, 0x01])]),
        ForeignFormat("a Radiance HDR image", ["hdr"], text("#?RADIANCE"), text("#?RGBE")),
        ForeignFormat(
            "a raw camera image",
            [
                "dng", "raw", "nef", "nrw", "arw", "srf", "sr2", "orf", "rw2", "raf", "pef", "srw", "3fr", "iiq",
            ], text("FUJIFILMCCD-RAW"), [(0, [0x49, 0x49, 0x52, 0x4F])], [(0, [0x49, 0x49, 0x55, 0])]),
        ForeignFormat("a FITS image", ["fits", "fit", "fts"], text("SIMPLE  =")),
        ForeignFormat("a drawing in SVG", ["svg", "svgz"], text("<svg")),
        ForeignFormat("an icon", ["ico", "cur"], isImage: false, [(0, [0, 0, 1, 0])]),
        ForeignFormat("a PAM image", ["pam"], text("P7\n")),
        ForeignFormat("a PFM image", ["pfm"], text("PF\n"), text("Pf\n")),
        ForeignFormat("a Targa image", ["tga"]),
        ForeignFormat("a PCX image", ["pcx"]),
        ForeignFormat("a GIMP image", ["xcf"], text("gimp xcf")),
        ForeignFormat("a DirectDraw surface", ["dds"], text("DDS ")),
        ForeignFormat("a PDF document", ["pdf"], isImage: false, text("%PDF")),
        ForeignFormat("a NumPy array", ["npy", "npz"], isImage: false, [(0, [0x93] + Array("NUMPY".utf8))]),
        ForeignFormat(
            "an HDF5 file", ["h5", "hdf5"], isImage: false, [(0, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A])]),
        ForeignFormat("an archive", ["zip", "gz", "tgz"], isImage: false, text("PK\u{3}\u{4}"), [(0, [0x1F, 0x8B])]),
    ]
}
