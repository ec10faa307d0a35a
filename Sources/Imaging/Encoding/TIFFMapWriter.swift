import CTIFF

/// A map as a TIFF of 32-bit floats, uncompressed: every reader of scientific images takes it.
enum TIFFMapWriter {
    // The strip size that the TIFF specification advises is about 8 KB; today's readers do well with more.
    private static let stripBytes = 64 << 10

    static func write(_ map: FloatImage) throws -> [UInt8] {
        guard let handle = TIFFHandle(writing: "map") else { throw ImageError("TIFF", "no memory for the encoder") }
        let rows = max(1, min(map.height, stripBytes / (4 * map.width)))
        handle.set(TIFFTAG_IMAGEWIDTH, map.width)
        handle.set(TIFFTAG_IMAGELENGTH, map.height)
        handle.set(TIFFTAG_BITSPERSAMPLE, 32)
        handle.set(TIFFTAG_SAMPLESPERPIXEL, 1)
        handle.set(TIFFTAG_SAMPLEFORMAT, Int(SAMPLEFORMAT_IEEEFP))
        handle.set(TIFFTAG_PHOTOMETRIC, Int(PHOTOMETRIC_MINISBLACK))
        handle.set(TIFFTAG_PLANARCONFIG, Int(PLANARCONFIG_CONTIG))
        handle.set(TIFFTAG_COMPRESSION, Int(COMPRESSION_NONE))
        handle.set(TIFFTAG_ROWSPERSTRIP, rows)
        var values = map.values
        var written = true
        values.withUnsafeMutableBufferPointer { values in
            guard let start = values.baseAddress else { return }
            for (strip, row) in stride(from: 0, to: map.height, by: rows).enumerated() {
                let count = min(rows, map.height - row) * map.width
                let bytes = Int64(4 * count)
                written =
                    written
                    && TIFFWriteEncodedStrip(handle.tiff, UInt32(strip), start + row * map.width, bytes) == bytes
            }
        }
        guard written, TIFFWriteDirectory(handle.tiff) == 1 else {
            throw ImageError("TIFF", "cannot encode: \(handle.stream.firstError ?? "unknown")")
        }
        return handle.stream.written
    }
}
