/// An 8-bit RGB image.
public struct RGBImage: Sendable, Equatable {
    public let width: Int
    public let height: Int
    /// Row by row from the top, red, green and blue of each pixel: `3 * width * height` values.
    public let pixels: [UInt8]

    /// - Precondition: both sides are positive and there are `3 * width * height` values.
    public init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0 && pixels.count == 3 * width * height)
        (self.width, self.height, self.pixels) = (width, height, pixels)
    }
}

/// One number a pixel: an anomaly map.
public struct FloatImage: Sendable, Equatable {
    public let width: Int
    public let height: Int
    /// Row by row from the top: `width * height` values.
    public let values: [Float]

    /// - Precondition: both sides are positive and there are `width * height` values.
    public init(width: Int, height: Int, values: [Float]) {
        precondition(width > 0 && height > 0 && values.count == width * height)
        (self.width, self.height, self.values) = (width, height, values)
    }
}

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
}
