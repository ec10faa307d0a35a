/// How stored pixels lie in the picture that is meant, with the numbers of EXIF and TIFF (tag 274).
package enum ImageOrientation: Int, CaseIterable, Sendable {
    /// The stored rows are the picture's rows from the top, the stored columns its columns from the left.
    case upright = 1
    case mirrored
    case rotatedByHalf
    case upsideDownMirrored
    /// Mirrored at the diagonal from the top left: rows and columns change places.
    case transposed
    /// The picture is the stored one turned clockwise by a quarter.
    case turnedClockwise
    /// Mirrored at the diagonal from the top right.
    case transversed
    /// The picture is the stored one turned counterclockwise by a quarter.
    case turnedCounterclockwise

    /// Whether the picture's width is the stored height.
    var swapsSides: Bool { rawValue >= 5 }

    /// Whether a step to the right in the picture is one to the left, or upwards, in the stored pixels.
    fileprivate var reversesColumns: Bool {
        switch self {
        case .mirrored, .rotatedByHalf, .turnedClockwise, .transversed: true
        case .upright, .upsideDownMirrored, .transposed, .turnedCounterclockwise: false
        }
    }

    /// Whether a step downwards in the picture is one upwards, or to the left, in the stored pixels.
    fileprivate var reversesRows: Bool {
        switch self {
        case .rotatedByHalf, .upsideDownMirrored, .transversed, .turnedCounterclockwise: true
        case .upright, .mirrored, .transposed, .turnedClockwise: false
        }
    }
}

extension RGBImage {
    // So many stored rows are read side by side where rows become columns: their lines of memory stay in the processor's cache.
    private static let columnsAtOnce = 64

    /// The picture that is meant, where these are the stored pixels: as Pillow's `ImageOps.exif_transpose` makes it.
    package func turned(_ orientation: ImageOrientation) -> RGBImage {
        guard orientation != .upright else { return self }
        let swaps = orientation.swapsSides
        let (newWidth, newHeight) = swaps ? (height, width) : (width, height)
        // In pixels: how far a step to the right and a step downwards in the picture go in the stored ones.
        let across = (swaps ? width : 1) * (orientation.reversesColumns ? -1 : 1)
        let down = (swaps ? 1 : width) * (orientation.reversesRows ? -1 : 1)
        let start = (across < 0 ? -across * (newWidth - 1) : 0) + (down < 0 ? -down * (newHeight - 1) : 0)
        let turned = pixelArray(count: pixels.count) { output in
            pixels.withUnsafeBufferPointer { stored in
                for first in stride(from: 0, to: newWidth, by: Self.columnsAtOnce) {
                    let columns = first..<min(first + Self.columnsAtOnce, newWidth)
                    for row in 0..<newHeight {
                        var from = 3 * (start + row * down + first * across)
                        var to = 3 * (row * newWidth + first)
                        for _ in columns {
                            for color in 0..<3 { output[to + color] = stored[from + color] }
                            (from, to) = (from + 3 * across, to + 3)
                        }
                    }
                }
            }
        }
        return RGBImage(width: newWidth, height: newHeight, pixels: turned)
    }
}
