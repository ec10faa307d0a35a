/// Writes masks as 8-bit gray PNG: 255 where a pixel is defective, else 0, as data sets have them.
public enum MaskEncoder {
    /// - Throws: `ImageError` where the mask is larger than a PNG can be, and where there is no memory.
    public static func encode(_ mask: Mask) throws -> [UInt8] {
        // Rows of a mask are mostly equal.
        let writer = PNGWriter(width: mask.width, height: mask.height, bits: 8, color: .gray, filter: .up)
        return try mask.defective.map { $0 ? 255 as UInt8 : 0 }.withUnsafeBytes { try writer.write($0) }
    }
}
