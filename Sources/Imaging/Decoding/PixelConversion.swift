/// Loops that bring decoded samples into RGB.
enum PixelConversion {
    /// The first of `step` samples of each pixel three times (`colors` 1), or the first three (`colors` 3).
    static func select<Sample: FixedWidthInteger>(
        _ samples: UnsafePointer<Sample>, colors: Int, step: Int, count: Int, into rgb: UnsafeMutablePointer<UInt8>,
        _ reduce: (Sample) -> UInt8
    ) {
        var pixel = samples
        var out = rgb
        let second = colors == 1 ? 0 : 1
        let third = colors == 1 ? 0 : 2
        for _ in 0..<count {
            out[0] = reduce(pixel[0])
            out[1] = reduce(pixel[second])
            out[2] = reduce(pixel[third])
            pixel += step
            out += 3
        }
    }

    /// Inks to light, as Pillow's CMYK to RGB: `255 - K` less its share `C / 255`, each rounded to 8 bits.
    ///
    /// - Parameter inverted: the samples say how much paper is left, as Adobe's JPEG files do.
    static func cmyk(
        _ inks: UnsafePointer<UInt8>, step: Int, inverted: Bool, count: Int, into rgb: UnsafeMutablePointer<UInt8>
    ) {
        let flip: UInt8 = inverted ? 255 : 0
        var pixel = inks
        var out = rgb
        for _ in 0..<count {
            let light = 255 - Int32(pixel[3] ^ flip)
            for channel in 0..<3 {
                let product = Int32(pixel[channel] ^ flip) * light + 128
                out[channel] = UInt8(truncatingIfNeeded: max(0, light - ((product >> 8 + product) >> 8)))
            }
            pixel += step
            out += 3
        }
    }
}
