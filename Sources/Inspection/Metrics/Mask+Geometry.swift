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

    /// The mask as it lies in the middle of a padded map: each pixel takes the one under its centre, and padding has no defects.
    func padded(to map: (width: Int, height: Int)) -> Mask {
        let window = InputWindow(padding: width, height, input: map)
        var pixels = [Bool](repeating: false, count: map.width * map.height)
        for row in window.vertical.shown {
            let start = window.vertical.original(of: row) * width
            for column in window.horizontal.shown {
                pixels[row * map.width + column] = defective[start + window.horizontal.original(of: column)]
            }
        }
        return Mask(width: map.width, height: map.height, defective: pixels)
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
