/// Which pixels of an image are defective, as a person marked them.
public struct Mask: Sendable, Equatable {
    public let width: Int
    public let height: Int
    /// Row by row from the top: `width * height` values.
    public let defective: [Bool]

    /// - Precondition: both sides are positive and there are `width * height` values.
    public init(width: Int, height: Int, defective: [Bool]) {
        precondition(width > 0 && height > 0 && defective.count == width * height)
        (self.width, self.height, self.defective) = (width, height, defective)
    }

    /// Reads an image of any kind that `ImageDecoder` reads. A pixel is defective if any of its samples is not 0,
    /// however small (16-bit masks may hold the number of a label); alpha does not count.
    public static func decode(file: String, limits: ImageLimits = .standard) throws -> Mask {
        let image = try ImageDecoder.decode(file: file, limits: limits, reduction: DepthReduction(purpose: .labels))
        let defective = image.pixels.withUnsafeBufferPointer { pixels in
            stride(from: 0, to: pixels.count, by: 3).map { start in
                let any: UInt8 = pixels[start] | pixels[start + 1] | pixels[start + 2]
                return any != 0
            }
        }
        return Mask(width: image.width, height: image.height, defective: defective)
    }
}
