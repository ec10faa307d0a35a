import CKernels
import Settings

/// Writes maps. In a `png16` file samples are `round(value 2^exponent)`, ties to even, and a text chunk says the exponent
/// (``MapScale``); what is negative or not a number becomes 0, and what is infinite the greatest sample.
extension MapFormat {
    /// The whole file. Equal maps give equal bytes.
    /// - Parameter scale: of `png16`. A map that it does not hold gets the next coarser one that does.
    /// - Throws: `ImageError` where an encoder finds no memory.
    public func encode(_ map: FloatImage, scale: MapScale = .unsaid) throws -> [UInt8] {
        switch self {
        case .png16:
            try Self.png16(map, scale.widened(to: Self.largest(map.values)))
        case .tiff: try TIFFMapWriter.write(map)
        case .npy: NPYMapWriter.write(map)
        }
    }

    /// The largest number, 0 where none is larger. Infinity is none.
    private static func largest(_ values: [Float]) -> Float {
        let place = statistics_largest(values, values.count)
        guard values.indices.contains(place), values[place] > 0 else { return 0 }
        guard values[place] == .infinity else { return values[place] }
        return values.reduce(0) { $1 > $0 && $1 < .infinity ? $1 : $0 }
    }

    private static func png16(_ map: FloatImage, _ scale: MapScale) throws -> [UInt8] {
        let samples = pixelArray(count: 2 * map.values.count) {
            scanlines_samples(map.values, map.values.count, scale.unit, $0)
        }
        // A map is smooth: the row above foretells each row.
        let writer = PNGWriter(
            width: map.width, height: map.height, bits: 16, color: .gray, filter: .up,
            text: (MapScale.keyword, scale.text))
        return try samples.withUnsafeBytes { try writer.write($0) }
    }
}
