import Imaging

extension Mask {
    /// The mask of a normal image.
    public static func empty(width: Int, height: Int) -> Mask {
        Mask(width: width, height: height, defective: [Bool](repeating: false, count: width * height))
    }

    /// The mask at another size: each pixel takes the one under its centre (Pillow's NEAREST).
    public func resized(width newWidth: Int, height newHeight: Int) -> Mask {
        if (newWidth, newHeight) == (width, height) { return self }
        let columns = (0..<newWidth).map { (2 * $0 + 1) * width / (2 * newWidth) }
        var pixels: [Bool] = []
        pixels.reserveCapacity(newWidth * newHeight)
        for row in 0..<newHeight {
            let start = (2 * row + 1) * height / (2 * newHeight) * width
            for column in columns { pixels.append(defective[start + column]) }
        }
        return Mask(width: newWidth, height: newHeight, defective: pixels)
    }

    /// The middle of the mask, as torchvision's `CenterCrop`: where the margin is odd, the half pixel is rounded to even.
    /// - Precondition: it is no larger than the mask.
    public func cropped(width newWidth: Int, height newHeight: Int) -> Mask {
        precondition(newWidth <= width && newHeight <= height)
        func margin(_ difference: Int) -> Int { Int((Double(difference) / 2).rounded(.toNearestOrEven)) }
        let (left, top) = (margin(width - newWidth), margin(height - newHeight))
        let rows = (top..<top + newHeight).map { defective[$0 * width + left..<$0 * width + left + newWidth] }
        return Mask(width: newWidth, height: newHeight, defective: Array(rows.joined()))
    }
}
