import CKernels

/// The file formats of anomaly maps.
public enum MapEncoding: String, CaseIterable, Sendable, Codable {
    /// 16-bit gray PNG, one unit of which is 1/256 of the map's unit: `round(256 * value)`, ties to even, held within 0...65,535.
    /// Any viewer opens it, and it keeps distances up to 255.99 to 1/512. What is not a number becomes 0.
    case png16
    /// 32-bit float TIFF, uncompressed: the very values.
    case tiff
    /// NumPy's array format, `<f4` of shape (height, width): the very values.
    case npy

    public var fileExtension: String {
        switch self {
        case .png16: "png"
        case .tiff: "tiff"
        case .npy: "npy"
        }
    }

    /// Greater values are written as this one; nil where every value is kept.
    public var limit: Float? { self == .png16 ? Float(UInt16.max) / 256 : nil }

    /// The whole file. Equal maps give equal bytes.
    /// - Throws: `ImageError` where an encoder finds no memory.
    public func encode(_ map: FloatImage) throws -> [UInt8] {
        switch self {
        case .png16: try Self.png16(map)
        case .tiff: try TIFFMapWriter.write(map)
        case .npy: NPYMapWriter.write(map)
        }
    }

    private static func png16(_ map: FloatImage) throws -> [UInt8] {
        let samples = pixelArray(count: 2 * map.values.count) {
            scanlines_samples(map.values, map.values.count, 256, $0)
        }
        // A map is smooth: the row above foretells each row.
        let writer = PNGWriter(width: map.width, height: map.height, bits: 16, color: .gray, filter: .up)
        return try samples.withUnsafeBytes { try writer.write($0) }
    }
}
