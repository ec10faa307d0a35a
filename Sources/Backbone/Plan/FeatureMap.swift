/// A feature map in a workspace: channels-last, with a border of zero pixels for the convolutions that reach over its edges.
struct FeatureMap: Sendable {
    let shape: FeatureShape
    let border: Border
    /// Floats from one pixel to the next: the channels rounded up to whole vectors, or a little more.
    let pixelStep: Int
    /// One slot an image of the group, rather than one for the image under way.
    let holdsGroup: Bool
    let area: Area

    var rowStep: Int { (border.left + shape.width + border.right) * pixelStep }
    /// A multiple of a cache line, and not of a power of two that caches would alias.
    var imageStep: Int { Self.imageStep(shape, border, pixelStep: pixelStep) }
    var inside: Int { border.top * rowStep + border.left * pixelStep }

    /// Pixels whole or half pages apart would share a few sets of the first-level cache, which holds a dozen pixels that
    /// one block of a convolution reads together: a cache line of surplus spreads them.
    static func pixelStep(channels: Int, lanes: Int) -> Int {
        let step = channels.roundedUp(to: lanes)
        return step % 512 == 0 ? step + 16 : step
    }

    static func imageStep(_ shape: FeatureShape, _ border: Border, pixelStep: Int) -> Int {
        ((border.top + shape.height + border.bottom) * (border.left + shape.width + border.right) * pixelStep)
            .roundedUp(to: 16)
    }
}

/// Zero pixels around a map.
struct Border: Equatable, Sendable {
    var top = 0
    var left = 0
    var bottom = 0
    var right = 0

    static let none = Border()

    func union(_ other: Border) -> Border {
        Border(
            top: max(top, other.top), left: max(left, other.left), bottom: max(bottom, other.bottom),
            right: max(right, other.right))
    }
}
