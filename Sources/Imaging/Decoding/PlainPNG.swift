import CDeflate
import CKernels

/// PNG as cameras write it, 8 bits a sample, gray or RGB, with or without alpha, not interlaced, in one go.
///
/// Own code beside libpng, since that inflates row by row with zlib, which is most of reading an image: libdeflate takes the whole
/// at once, in two thirds of the time. What this cannot read is left to libpng, which reads it or names what is wrong.
struct PlainPNG {
    let width: Int
    let height: Int
    /// Bytes a pixel: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
    let samples: Int

    /// Writes `width * height` RGB pixels, or returns false, with `output` in any state.
    /// - Parameter packed: the zlib stream in the file's chunks.
    func decode(_ packed: [UInt8], into output: UnsafeMutablePointer<UInt8>) -> Bool {
        let rowBytes = width * samples
        let lines = UnsafeMutablePointer<UInt8>.allocate(capacity: (rowBytes + 1) * height)
        defer { lines.deallocate() }
        guard inflate(packed, into: lines, count: (rowBytes + 1) * height),
            scanlines_unfilter(lines, height, rowBytes, samples) == height
        else { return false }
        for row in 0..<height {
            convert(lines + row * (rowBytes + 1) + 1, into: output + row * 3 * width)
        }
        return true
    }

    /// Whether `packed` held exactly `count` bytes, and its own check is right.
    private func inflate(_ packed: [UInt8], into output: UnsafeMutablePointer<UInt8>, count: Int) -> Bool {
        guard let inflater = libdeflate_alloc_decompressor() else { return false }
        defer { libdeflate_free_decompressor(inflater) }
        return libdeflate_zlib_decompress(inflater, packed, packed.count, output, count, nil) == LIBDEFLATE_SUCCESS
    }

    private func convert(_ row: UnsafePointer<UInt8>, into rgb: UnsafeMutablePointer<UInt8>) {
        switch samples {
        case 1: scanlines_replicate(row, width, rgb)
        case 3: rgb.update(from: row, count: 3 * width)
        default: PixelConversion.select(row, colors: samples - 1, step: samples, count: width, into: rgb) { $0 }
        }
    }
}
