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
