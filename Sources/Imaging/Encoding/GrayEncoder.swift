/// Writes 8-bit gray samples as PNG, each row as differences from the row above.
package enum GrayEncoder {
    /// - Parameter samples: row by row, as many as there are pixels.
    /// - Throws: `ImageError` where the picture is larger than a PNG can be, and where there is no memory.
    package static func encode(_ samples: [UInt8], width: Int, height: Int) throws -> [UInt8] {
        let writer = PNGWriter(width: width, height: height, bits: 8, color: .gray, filter: .up)
        return try samples.withUnsafeBytes { try writer.write($0) }
    }
}
