import CTIFF

/// How a TIFF's first image is stored, as far as its pixels are read here and not by libtiff's own conversion to RGBA.
struct TIFFLayout {
    enum Color {
        case gray(inverted: Bool)
        case rgb
        case cmyk
        /// 256 colours as RGB.
        case palette([UInt8])
    }

    var width: Int
    var height: Int
    var bits: Int
    var samples: Int
    /// Each sample in a plane of its own.
    var planar: Bool
    var tiled: Bool
    /// nil: left to libtiff's own conversion.
    var color: Color?

    init(_ handle: TIFFHandle, name: String, limits: ImageLimits) throws {
        var size: (UInt32, UInt32) = (0, 0)
        guard handle.get(TIFFTAG_IMAGEWIDTH, &size.0), handle.get(TIFFTAG_IMAGELENGTH, &size.1) else {
            throw ImageError.damaged(name, "TIFF", "it does not say its size")
        }
        (width, height) = (Int(size.0), Int(size.1))
        try limits.check(width: width, height: height, of: name)
        bits = handle.number(TIFFTAG_BITSPERSAMPLE, else: 1)
        samples = handle.number(TIFFTAG_SAMPLESPERPIXEL, else: 1)
        planar = handle.number(TIFFTAG_PLANARCONFIG, else: 1) == PLANARCONFIG_SEPARATE
        tiled = TIFFIsTiled(handle.tiff) != 0
        try Self.checkSampleFormat(handle, bits, name)
        guard (1...16).contains(samples) else {
            throw ImageError.unsupported(name, "a TIFF of \(samples) samples a pixel, where at most 16 are read")
        }
        try Self.checkCompression(handle, name)
        color = Self.color(handle, bits: bits, samples: samples, planar: planar)
    }

    private static func checkSampleFormat(_ handle: TIFFHandle, _ bits: Int, _ name: String) throws {
        let format = Int32(handle.number(TIFFTAG_SAMPLEFORMAT, else: UInt16(SAMPLEFORMAT_UINT)))
        let kind =
            switch format {
            case SAMPLEFORMAT_UINT, SAMPLEFORMAT_VOID: "unsigned"
            case SAMPLEFORMAT_INT: "signed"
            case SAMPLEFORMAT_IEEEFP: "floating-point"
            default: "complex"
            }
        guard kind == "unsigned", [1, 2, 4, 8, 16].contains(bits) else {
            throw ImageError.unsupported(
                name, "a TIFF of \(kind) \(bits)-bit samples", "convert it to unsigned 8 or 16 bit")
        }
    }

    private static func checkCompression(_ handle: TIFFHandle, _ name: String) throws {
        let method = handle.number(TIFFTAG_COMPRESSION, else: UInt16(COMPRESSION_NONE))
        guard TIFFIsCODECConfigured(UInt16(truncatingIfNeeded: method)) == 0 else { return }
        let known = [
            33003: "JPEG 2000", 33005: "JPEG 2000", 34712: "JPEG 2000", 34892: "lossy DNG", 34926: "Zstandard",
            50000: "Zstandard", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL",
        ]
        throw ImageError.unsupported(
            name, "a TIFF compressed by \(known[method] ?? "method \(method)"), which this libtiff does not read")
    }

    private static func color(_ handle: TIFFHandle, bits: Int, samples: Int, planar: Bool) -> Color? {
        guard bits == 8 || bits == 16 else { return nil }
        let compression = Int32(handle.number(TIFFTAG_COMPRESSION, else: UInt16(COMPRESSION_NONE)))
        switch Int32(handle.number(TIFFTAG_PHOTOMETRIC, else: UInt16(PHOTOMETRIC_MINISBLACK))) {
        case PHOTOMETRIC_MINISBLACK: return .gray(inverted: false)
        case PHOTOMETRIC_MINISWHITE: return .gray(inverted: true)
        case PHOTOMETRIC_RGB where samples >= 3: return .rgb
        case PHOTOMETRIC_PALETTE where bits == 8 && samples == 1: return palette(handle).map(Color.palette)
        case PHOTOMETRIC_SEPARATED where bits == 8 && samples >= 4 && !planar:
            return handle.number(TIFFTAG_INKSET, else: UInt16(INKSET_CMYK)) == INKSET_CMYK ? .cmyk : nil
        case PHOTOMETRIC_YCBCR where bits == 8 && samples == 3 && !planar && compression == COMPRESSION_JPEG:
            // The JPEG decoder inside converts, upsampling as for a JPEG file.
            handle.set(TIFFTAG_JPEGCOLORMODE, Int(JPEGCOLORMODE_RGB))
            return .rgb
        default: return nil
        }
    }

    /// The high bytes of the 16-bit colours; a map that holds none above 255 was written with 8-bit ones.
    private static func palette(_ handle: TIFFHandle) -> [UInt8]? {
        var red: UnsafePointer<UInt16>?
        var green: UnsafePointer<UInt16>?
        var blue: UnsafePointer<UInt16>?
        let found = withUnsafeMutablePointer(to: &red) { red in
            withUnsafeMutablePointer(to: &green) { green in
                withUnsafeMutablePointer(to: &blue) { blue in
                    withVaList([red, green, blue]) { TIFFVGetField(handle.tiff, UInt32(TIFFTAG_COLORMAP), $0) == 1 }
                }
            }
        }
        guard found, let red, let green, let blue else { return nil }
        let colors = (0..<256).flatMap { [red[$0], green[$0], blue[$0]] }
        let shift: UInt16 = colors.allSatisfy { $0 < 256 } ? 0 : 8
        return colors.map { UInt8(truncatingIfNeeded: $0 >> shift) }
    }
}
