import CSPNG

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
        let samples = map.values.map { value in
            // A comparison with what is not a number is false, which leads to 0.
            value > 0 ? UInt16(min((value * 256).rounded(.toNearestOrEven), 65_535)) : 0
        }
        // A map is smooth: the row above foretells each row, and the fastest level does.
        let writer = PNGWriter(
            width: map.width, height: map.height, bits: 16, color: SPNG_COLOR_TYPE_GRAYSCALE, level: 1,
            filters: SPNG_FILTER_CHOICE_UP)
        return try samples.withUnsafeBytes { try writer.write($0) }
    }
}
