/// An image with an anomaly map laid over it.
public enum Overlay {
    /// Mixes every pixel with the colour of its place in the map.
    ///
    /// - Parameters:
    ///   - map: of the image's size.
    ///   - range: the values that take the first and the last colour; an empty range makes what is above it the last colour.
    ///   - opacity: the colour's share, 0...1.
    /// - Throws: `ImageError` where the sizes differ.
    public static func render(
        image: RGBImage, map: FloatImage, range: ClosedRange<Float>, opacity: Float = 0.5,
        colors: ColorMap = .inferno
    ) throws -> RGBImage {
        guard image.width == map.width, image.height == map.height else {
            throw ImageError(
                "overlay",
                "the map has \(map.width) x \(map.height) pixels, the image \(image.width) x \(image.height)")
        }
        let share = UInt32((min(max(opacity.isNaN ? 0 : opacity, 0), 1) * 256).rounded())
        let mixed = (0..<colors.count).map { index in
            let (red, green, blue) = colors[index]
            return (UInt32(red) * share + 128, UInt32(green) * share + 128, UInt32(blue) * share + 128)
        }
        let span = range.upperBound - range.lowerBound
        let scale = span > 0 ? 1 / span : .greatestFiniteMagnitude
        let pixels = pixelArray(count: image.pixels.count) { output in
            image.pixels.withUnsafeBufferPointer { input in
                var place = 0
                for value in map.values {
                    guard !value.isNaN else {
                        for color in 0..<3 { output[place + color] = UInt8((UInt16(input[place + color]) + 1) >> 1) }
                        place += 3
                        continue
                    }
                    let color = mixed[colors.index(at: (value - range.lowerBound) * scale)]
                    output[place] = UInt8(truncatingIfNeeded: (UInt32(input[place]) * (256 - share) + color.0) >> 8)
                    output[place + 1] = UInt8(
                        truncatingIfNeeded: (UInt32(input[place + 1]) * (256 - share) + color.1) >> 8)
                    output[place + 2] = UInt8(
                        truncatingIfNeeded: (UInt32(input[place + 2]) * (256 - share) + color.2) >> 8)
                    place += 3
                }
            }
        }
        return RGBImage(width: image.width, height: image.height, pixels: pixels)
    }
}
