import CTurboJPEG

/// JPEG through libturbojpeg, with libjpeg's own accurate transform and smooth upsampling, as Pillow decodes.
struct JPEGDecoder {
    let name: String
    let limits: ImageLimits
    /// What the image is to become; it may then be decoded at a fraction of its size. Nil: at its full size.
    var smallest: (width: Int, height: Int)?

    func decode(_ bytes: UnsafeRawBufferPointer) throws -> RGBImage { try decodeReduced(bytes).image }

    /// - Returns: the image, and the size of the whole one.
    func decodeReduced(_ bytes: UnsafeRawBufferPointer) throws -> (image: RGBImage, width: Int, height: Int) {
        guard let decoder = tjInitDecompress() else { throw ImageError(name, "no memory for the JPEG decoder") }
        defer { tjDestroy(decoder) }
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            throw ImageError(name, "the file is empty")
        }
        let source = UnsafeBufferPointer(start: start, count: bytes.count)
        let whole = try readHeader(decoder, source)
        let header = reduced(whole)
        let (width, height) = (header.width, header.height)
        guard header.inks else {
            let pixels = try pixelArray(count: 3 * width * height) {
                try decompress(decoder, source, header, format: TJPF_RGB, into: $0)
            }
            return (RGBImage(width: width, height: height, pixels: pixels), whole.width, whole.height)
        }
        let inks = try pixelArray(count: 4 * width * height) {
            try decompress(decoder, source, header, format: TJPF_CMYK, into: $0)
        }
        let pixels = inks.withUnsafeBufferPointer { inks in
            pixelArray(count: 3 * width * height) { output in
                guard let inks = inks.baseAddress else { return }
                // Adobe's programs, which write nearly all such files, write them inverted; Pillow takes all for theirs.
                PixelConversion.cmyk(inks, step: 4, inverted: true, count: width * height, into: output)
            }
        }
        return (RGBImage(width: width, height: height, pixels: pixels), whole.width, whole.height)
    }

    /// The smallest size among a half, a quarter and an eighth that is at least twice what is wanted along both sides: the
    /// transform's coarser squares leave no trace after a resampling that halves them once more.
    private func reduced(_ whole: Header) -> Header {
        guard let smallest else { return whole }
        for divisor in [8, 4, 2] {
            // As the library rounds.
            let (width, height) = ((whole.width + divisor - 1) / divisor, (whole.height + divisor - 1) / divisor)
            if width >= 2 * smallest.width, height >= 2 * smallest.height {
                return Header(width: width, height: height, inks: whole.inks)
            }
        }
        return whole
    }

    private struct Header {
        var width: Int
        var height: Int
        var inks: Bool
    }

    private func readHeader(_ decoder: tjhandle, _ source: UnsafeBufferPointer<UInt8>) throws -> Header {
        let frame = JPEGFrame(UnsafeRawBufferPointer(source))
        if let kind = frame?.unsupported { throw ImageError.unsupported(name, kind) }
        var (width, height, sampling, space): (Int32, Int32, Int32, Int32) = (0, 0, -1, -1)
        let code = tjDecompressHeader3(
            decoder, source.baseAddress, UInt(source.count), &width, &height, &sampling, &space)
        guard width > 0, height > 0, space >= 0 else {
            throw failure(code == 0 ? "it holds no image" : reason(decoder), frame)
        }
        // Chroma sampled in a way that has no name here (4:1:0) is no hindrance to decoding, nor is a warning yet.
        guard code == 0 || sampling < 0 || tjGetErrorCode(decoder) == Int32(TJERR_WARNING.rawValue) else {
            throw failure(reason(decoder), frame)
        }
        try limits.check(width: Int(width), height: Int(height), of: name)
        let inks = space == Int32(TJCS_CMYK.rawValue) || space == Int32(TJCS_YCCK.rawValue)
        return Header(width: Int(width), height: Int(height), inks: inks)
    }

    private func decompress(
        _ decoder: tjhandle, _ source: UnsafeBufferPointer<UInt8>, _ header: Header, format: TJPF,
        into output: UnsafeMutablePointer<UInt8>
    ) throws {
        func run(_ flags: Int32) -> Int32 {
            tjDecompress2(
                decoder, source.baseAddress, UInt(source.count), output, Int32(header.width), 0, Int32(header.height),
                Int32(format.rawValue), flags)
        }
        // The library would take a truncated or damaged image for a gray one and only warn. A progressive file with more
        // than 500 scans, each costing a pass over the image, is a bomb.
        if run(TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS) == 0 { return }
        guard isHarmless(decoder) else {
            throw failure(reason(decoder), nil)
        }
        // Stopped early by something harmless: once more, to the end.
        if run(TJFLAG_LIMITSCANS) != 0 && !isHarmless(decoder) {
            throw failure(reason(decoder), nil)
        }
    }

    /// - Parameter frame: what the file says of itself, where it is the header that failed.
    private func failure(_ reason: String, _ frame: JPEGFrame?) -> ImageError {
        if let components = frame?.components, ![1, 3, 4].contains(components) {
            return .unsupported(name, "a JPEG of \(components) components")
        }
        // The library has these words for processes that it was built without.
        return reason.contains("nsupported") || reason.contains("not implemented") || reason.contains("not compiled")
            ? .unsupported(name, "a JPEG of a kind that is not read (\(reason))") : .damaged(name, "JPEG", reason)
    }

    /// Whether all that is wrong is padding between the last pixel and the end-of-image marker (0xD9), which some cameras
    /// write. The library tells of the first fault only; this one comes after every pixel, so none can hide behind it.
    private func isHarmless(_ decoder: tjhandle) -> Bool {
        tjGetErrorCode(decoder) == Int32(TJERR_WARNING.rawValue)
            && reason(decoder).hasSuffix("extraneous bytes before marker 0xd9")
    }

    private func reason(_ decoder: tjhandle) -> String {
        tjGetErrorStr2(decoder).map { String(cString: $0) } ?? "unknown"
    }
}
