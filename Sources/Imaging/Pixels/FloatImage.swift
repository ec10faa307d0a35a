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
