/// A whole image inside of a frame of other proportions: as large as it fits, in the middle.
public struct Letterbox: Hashable, Sendable {
    /// The image's size in the frame.
    public let width: Int
    public let height: Int
    /// Where it begins there.
    public let left: Int
    public let top: Int

    /// The longer side, compared with the frame's, fills the frame; the other one is rounded, halves up. An odd pixel of the margins is below,
    /// or on the right.
    public init(width: Int, height: Int, frame: (width: Int, height: Int)) {
        func scaled(_ side: Int, _ to: Int, _ of: Int, limit: Int) -> Int {
            min(max((2 * side * to + of) / (2 * of), 1), limit)
        }
        if width * frame.height >= height * frame.width {
            self.width = frame.width
            self.height = scaled(height, frame.width, width, limit: frame.height)
        } else {
            self.height = frame.height
            self.width = scaled(width, frame.height, height, limit: frame.width)
        }
        (left, top) = ((frame.width - self.width) / 2, (frame.height - self.height) / 2)
    }
}

extension RGBImage {
    /// The image in a frame, whose other pixels are each that of the image next to them.
    /// - Precondition: it lies within the frame.
    public func framed(width newWidth: Int, height newHeight: Int, left: Int, top: Int) -> RGBImage {
        RGBImage(
            width: newWidth, height: newHeight,
            pixels: Frame(width: newWidth, height: newHeight, left: left, top: top).around(
                pixels, width: width, height: height))
    }
}

extension FloatRGBImage {
    /// As `RGBImage.framed`.
    public func framed(width newWidth: Int, height newHeight: Int, left: Int, top: Int) -> FloatRGBImage {
        FloatRGBImage(
            width: newWidth, height: newHeight,
            pixels: Frame(width: newWidth, height: newHeight, left: left, top: top).around(
                pixels, width: width, height: height))
    }
}

private struct Frame {
    let width: Int
    let height: Int
    let left: Int
    let top: Int

    func around<Sample>(_ pixels: [Sample], width imageWidth: Int, height imageHeight: Int) -> [Sample] {
        var framed: [Sample] = []
        framed.reserveCapacity(3 * width * height)
        for row in 0..<height {
            let line = 3 * imageWidth * min(max(row - top, 0), imageHeight - 1)
            for column in 0..<width {
                let place = line + 3 * min(max(column - left, 0), imageWidth - 1)
                framed += pixels[place..<place + 3]
            }
        }
        return framed
    }
}
