import CDeflate
import Foundation
import Storage

/// A black picture, small as a file (one bit a pixel, all the same) and large in memory.
public enum LargePicture {
    /// Writes a PNG of so many pixels a side.
    public static func write(side: Int, to path: String) throws {
        let rows = [UInt8](repeating: 0, count: (1 + (side + 7) / 8) * side)
        guard let deflater = libdeflate_alloc_compressor(1) else { throw POSIXError(.ENOMEM) }
        defer { libdeflate_free_compressor(deflater) }
        var packed = [UInt8](repeating: 0, count: libdeflate_zlib_compress_bound(deflater, rows.count))
        let size = libdeflate_zlib_compress(deflater, rows, rows.count, &packed, packed.count)
        guard size > 0 else { throw POSIXError(.EIO) }
        let header = number(side) + number(side) + [1, 0, 0, 0, 0]
        let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        let file = signature + chunk("IHDR", header) + chunk("IDAT", packed[..<size]) + chunk("IEND", [])
        try DurableFile.write(file, to: path)
    }

    private static func number(_ value: Int) -> [UInt8] { (0..<4).reversed().map { UInt8(value >> (8 * $0) & 255) } }

    private static func chunk(_ name: String, _ content: some Collection<UInt8>) -> [UInt8] {
        let body = Array(name.utf8) + content
        return number(content.count) + body + number(Int(libdeflate_crc32(0, body, body.count)))
    }
}
