import CTIFF

/// The first image of full size of a TIFF through libtiff. The common kinds are read strip by strip or tile by tile; the rest (fewer
/// than 8 bits, fax, YCbCr, CIELab) through libtiff's own conversion.
struct TIFFDecoder {
    let name: String
    let limits: ImageLimits
    let reduction: DepthReduction

    func decode(_ bytes: UnsafeRawBufferPointer) throws -> RGBImage {
        let handle = try open(bytes)
        let layout = try TIFFLayout(handle, name: name, limits: limits)
        // Faults of tags that no pixel depends on.
        handle.stream.firstError = nil
        handle.stream.firstWarning = nil
        let pixels = try pixelArray(count: 3 * layout.width * layout.height) { output in
            if let color = layout.color {
                try readBlocks(handle, layout, TIFFRowWriter(layout, color, reduction, output))
            } else {
                try readConverted(handle, layout, into: output)
            }
        }
        try checkWarnings(handle)
        return RGBImage(width: layout.width, height: layout.height, pixels: pixels)
    }

    /// Whether there are further images in the file.
    func hasMorePages(_ bytes: UnsafeRawBufferPointer) throws -> Bool {
        TIFFPages(name: name, handle: try open(bytes)).hasMore()
    }

    /// What the page that is read says about how its pixels lie; nil where it says what is no orientation.
    func statedOrientation(_ bytes: UnsafeRawBufferPointer) throws -> ImageOrientation? {
        ImageOrientation(rawValue: try open(bytes).number(TIFFTAG_ORIENTATION, else: UInt16(ORIENTATION_TOPLEFT)))
    }

    /// What a file of 16-bit samples says of its white: a value within it, or nothing; nil for other files.
    func statedWhiteOfSixteenBits(_ bytes: UnsafeRawBufferPointer) throws -> UInt16?? {
        let handle = try open(bytes)
        guard try TIFFLayout(handle, name: name, limits: limits).bits == 16 else { return nil }
        var white: UInt16 = 0
        return .some(handle.get(TIFFTAG_MAXSAMPLEVALUE, &white) && white > 0 ? white : nil)
    }

    private func open(_ bytes: UnsafeRawBufferPointer) throws -> TIFFHandle {
        guard !TIFFPages.isCanonRaw(bytes) else { throw TIFFPages.raw(name) }
        // Nothing legitimate needs more at once than the raster of libtiff's conversion.
        guard let handle = TIFFHandle(reading: bytes, name: name, largestPiece: largestPiece) else {
            throw ImageError.damaged(name, "TIFF", "its directory cannot be read")
        }
        try TIFFPages(name: name, handle: handle).selectImage()
        return handle
    }

    private var largestPiece: Int {
        let (bytes, overflow) = limits.maxPixels.multipliedReportingOverflow(by: 8)
        return overflow ? Int.max : max(bytes, 1 << 20)
    }

    /// Reads every strip, or tile, of every plane, and hands its rows to the writer.
    private func readBlocks(_ handle: TIFFHandle, _ layout: TIFFLayout, _ writer: TIFFRowWriter) throws {
        let (blockWidth, blockHeight) = try blockSize(handle, layout)
        let rowBytes = Int(layout.tiled ? TIFFTileRowSize(handle.tiff) : TIFFScanlineSize(handle.tiff))
        let size = Int(layout.tiled ? TIFFTileSize(handle.tiff) : TIFFStripSize(handle.tiff))
        let perPixel = (layout.planar ? 1 : layout.samples) * layout.bits / 8
        guard rowBytes >= blockWidth * perPixel, size >= rowBytes, size / rowBytes >= blockHeight, size <= largestPiece
        else { throw damaged(handle, "its blocks have no clear size") }
        let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        defer { block.deallocate() }
        for plane in 0..<(layout.planar ? layout.samples : 1) where writer.uses(plane: plane) {
            for top in stride(from: 0, to: layout.height, by: blockHeight) {
                let rows = min(blockHeight, layout.height - top)
                for left in stride(from: 0, to: layout.width, by: blockWidth) {
                    let read = readBlock(handle, layout, plane, top, left, block, layout.tiled ? size : rows * rowBytes)
                    guard read >= rows * rowBytes else { throw damaged(handle, "the file ends too early") }
                    let columns = min(blockWidth, layout.width - left)
                    for row in 0..<rows {
                        writer.write(
                            block + row * rowBytes, plane: plane, row: top + row, column: left, count: columns)
                    }
                }
            }
        }
    }

    private func blockSize(_ handle: TIFFHandle, _ layout: TIFFLayout) throws -> (width: Int, height: Int) {
        var size: (UInt32, UInt32) = (UInt32(layout.width), UInt32(layout.height))
        if layout.tiled {
            guard handle.get(TIFFTAG_TILEWIDTH, &size.0), handle.get(TIFFTAG_TILELENGTH, &size.1) else {
                throw damaged(handle, "its tiles have no size")
            }
        } else if !handle.get(TIFFTAG_ROWSPERSTRIP, &size.1) {
            size.1 = UInt32(layout.height)
        }
        let height = layout.tiled ? Int(size.1) : min(Int(size.1), layout.height)
        guard size.0 > 0, height > 0, Int(size.0) <= limits.maxSide * 2, height <= limits.maxSide * 2 else {
            throw damaged(handle, "its blocks have no clear size")
        }
        return (Int(size.0), height)
    }

    private func readBlock(
        _ handle: TIFFHandle, _ layout: TIFFLayout, _ plane: Int, _ top: Int, _ left: Int,
        _ block: UnsafeMutableRawPointer, _ size: Int
    ) -> Int {
        if layout.tiled {
            let tile = TIFFComputeTile(handle.tiff, UInt32(left), UInt32(top), 0, UInt16(plane))
            return Int(TIFFReadEncodedTile(handle.tiff, tile, block, Int64(size)))
        }
        let strip = TIFFComputeStrip(handle.tiff, UInt32(top), UInt16(plane))
        return Int(TIFFReadEncodedStrip(handle.tiff, strip, block, Int64(size)))
    }

    private func readConverted(
        _ handle: TIFFHandle, _ layout: TIFFLayout, into output: UnsafeMutablePointer<UInt8>
    ) throws {
        var message = [CChar](repeating: 0, count: 1024)
        guard TIFFRGBAImageOK(handle.tiff, &message) == 1 else {
            let reason = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw ImageError.unsupported(name, "a TIFF of a kind that is not read (\(reason))")
        }
        let count = layout.width * layout.height
        let raster = UnsafeMutablePointer<UInt32>.allocate(capacity: count)
        defer { raster.deallocate() }
        // Asked for in the orientation that the file names, the rows stay as they are stored.
        let orientation = Int32(handle.number(TIFFTAG_ORIENTATION, else: UInt16(ORIENTATION_TOPLEFT)))
        guard
            TIFFReadRGBAImageOriented(
                handle.tiff, UInt32(layout.width), UInt32(layout.height), raster, orientation, 1) == 1
        else { throw damaged(handle, "the file ends too early") }
        var out = output
        for index in 0..<count {
            let pixel = raster[index]
            out[0] = UInt8(truncatingIfNeeded: pixel)
            out[1] = UInt8(truncatingIfNeeded: pixel >> 8)
            out[2] = UInt8(truncatingIfNeeded: pixel >> 16)
            out += 3
        }
    }

    /// The JPEG and fax decoders inside libtiff only warn of missing or damaged pixels.
    private func checkWarnings(_ handle: TIFFHandle) throws {
        if handle.stream.firstError != nil { throw damaged(handle, "unknown") }
        let compression = Int32(handle.number(TIFFTAG_COMPRESSION, else: UInt16(COMPRESSION_NONE)))
        let lenient = [
            COMPRESSION_JPEG, COMPRESSION_OJPEG, COMPRESSION_CCITTRLE, COMPRESSION_CCITTRLEW, COMPRESSION_CCITTFAX3,
            COMPRESSION_CCITTFAX4,
        ]
        if lenient.contains(compression), let warning = handle.stream.firstWarning { throw damaged(handle, warning) }
    }

    private func damaged(_ handle: TIFFHandle, _ reason: String) -> ImageError {
        let reason = handle.stream.firstError ?? reason
        // So the library and the decoders in it speak of what they were built without.
        let words = ["not implemented", "not supported", "not configured", "nsupported"]
        return words.contains { reason.contains($0) }
            ? .unsupported(name, "a TIFF of a kind that is not read (\(reason))") : .damaged(name, "TIFF", reason)
    }
}
