import Settings

/// The part of an original image that the network saw, as its input.
public struct InputWindow: Hashable, Sendable {
    /// One side of it.
    public struct Axis: Hashable, Sendable {
        /// The side of the image as it was read.
        public let original: Int
        /// The side after resizing.
        public let scaled: Int
        /// Where the crop begins there; negative where the image begins within the input, behind padding.
        public let start: Int
        /// The crop's side.
        public let input: Int
    }

    public let vertical: Axis
    public let horizontal: Axis

    /// A whole image in the middle of an input of other proportions.
    public init(padding width: Int, _ height: Int, input: (width: Int, height: Int)) {
        let box = Letterbox(width: width, height: height, frame: input)
        vertical = Axis(original: height, scaled: box.height, start: -box.top, input: input.height)
        horizontal = Axis(original: width, scaled: box.width, start: -box.left, input: input.width)
    }

    /// - Parameters:
    ///   - width: of the image as it was read, as `height`.
    ///   - input: the network's input.
    ///   - resize: what the shorter side was brought to; nil: there was no such step.
    ///   - crop: the side of the square cut from the middle; nil: the whole image was brought to the input's size.
    public init(width: Int, height: Int, input: (width: Int, height: Int), resize: Int?, crop: Int?) {
        guard let crop else {
            vertical = Axis(original: height, scaled: input.height, start: 0, input: input.height)
            horizontal = Axis(original: width, scaled: input.width, start: 0, input: input.width)
            return
        }
        let shorter = min(width, height)
        func axis(_ side: Int) -> Axis {
            let scaled = resize.map { $0 * side / shorter } ?? side
            let margin = (Double(scaled - crop) / 2).rounded(.toNearestOrEven)
            return Axis(original: side, scaled: scaled, start: Int(margin), input: crop)
        }
        (vertical, horizontal) = (axis(height), axis(width))
    }

    /// Of maps that have their images' size.
    public init(width: Int, height: Int) {
        self.init(width: width, height: height, input: (width, height), resize: nil, crop: nil)
    }
}

extension InputWindow {
    /// The same with another crop of the same size.
    public func moved(top: Int, left: Int) -> InputWindow {
        func moved(_ axis: Axis, _ start: Int) -> Axis {
            Axis(original: axis.original, scaled: axis.scaled, start: start, input: axis.input)
        }
        return InputWindow(vertical: moved(vertical, top), horizontal: moved(horizontal, left))
    }

    private init(vertical: Axis, horizontal: Axis) { (self.vertical, self.horizontal) = (vertical, horizontal) }
}

extension InputWindow.Axis {
    /// The input's pixels that show the image: all, but where it is padded.
    public var shown: Range<Int> { max(-start, 0)..<min(scaled - start, input) }

    /// The place in the image, in pixels from its border, of a place in the input.
    public func place(ofInput place: Double) -> Double { (place + Double(start)) * Double(original) / Double(scaled) }

    /// The place in the input of a place in the image.
    public func input(ofPlace place: Double) -> Double { place * Double(scaled) / Double(original) - Double(start) }

    /// The pixels of the image that a range of the input's pixels lies in, also with a part.
    /// - Parameter pixels: not empty, within the input.
    public func originals(of pixels: Range<Int>) -> Range<Int> {
        let first = (pixels.lowerBound + start) * original / scaled
        let end = ((pixels.upperBound + start) * original + scaled - 1) / scaled
        let low = min(max(first, 0), original - 1)
        return low..<min(max(end, low + 1), original)
    }

    /// The pixel of the image in which the centre of an input's pixel lies.
    public func original(of pixel: Int) -> Int {
        min(max((2 * (pixel + start) + 1) * original / (2 * scaled), 0), original - 1)
    }

    /// The input's pixels that a pixel of the image stands for: the one at its centre, or all that it has a part of, where the input is
    /// finer. Empty where the network did not look.
    public func inputs(of pixel: Int) -> Range<Int> {
        let first: Int
        let end: Int
        if scaled <= original {
            first = (2 * pixel + 1) * scaled / (2 * original) - start
            end = first + 1
        } else {
            first = pixel * scaled / original - start
            end = ((pixel + 1) * scaled + original - 1) / original - start
        }
        let low = min(max(first, 0), input)
        return low..<max(min(end, input), low)
    }
}
