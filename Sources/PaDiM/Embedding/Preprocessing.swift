import Gaussian
import Imaging

/// From a photograph to the network's input: the shorter side resized and the middle cut out, or the whole brought
/// straight to the input's size.
public struct Preprocessing: Equatable, Sendable {
    public let inputHeight: Int
    public let inputWidth: Int
    public let resize: Int?
    public let crop: Int?
    /// Whether a JPEG may be decoded at a fraction of its size.
    public let scaledJPEG: Bool
    /// The sample of 16 bits that is white.
    public let whiteLevel: UInt16

    /// - Throws: `PaDiMError` where the steps do not lead to the input's size.
    public init(
        inputHeight: Int, inputWidth: Int, resize: Int? = nil, crop: Int? = nil, scaledJPEG: Bool = false,
        whiteLevel: UInt16 = ImageDecoder.fullWhite
    ) throws {
        if let crop {
            guard crop == inputHeight, crop == inputWidth else {
                throw PaDiMError(
                    "crop \(crop)", "the network's input is \(inputHeight)x\(inputWidth); give --input-size \(crop) too"
                )
            }
            guard crop <= resize ?? crop else {
                throw PaDiMError("crop \(crop)", "is larger than the shorter side after resizing, \(resize ?? 0)")
            }
        } else if let resize {
            throw PaDiMError("resize \(resize)", "needs a crop: the resized image need not be square")
        }
        (self.inputHeight, self.inputWidth, self.resize, self.crop) = (inputHeight, inputWidth, resize, crop)
        (self.scaledJPEG, self.whiteLevel) = (scaledJPEG, whiteLevel)
    }

    public init(_ space: FeatureSpace) throws {
        try self.init(
            inputHeight: space.inputHeight, inputWidth: space.inputWidth, resize: space.resize, crop: space.crop,
            scaledJPEG: space.scaledJPEG,
            whiteLevel: UInt16(exactly: space.whiteLevel) ?? ImageDecoder.fullWhite)
    }

    /// The network's input of an image file, RGB, row by row, and the image's own size.
    /// - Throws: `ImageError`.
    func read(_ file: String) throws -> (input: [UInt8], width: Int, height: Int) {
        // Without a resize step the crop takes the image's own pixels.
        guard scaledJPEG, crop == nil || resize != nil else {
            let image = try ImageDecoder.decode(file: file, whiteLevel: whiteLevel)
            return (try prepare(image), image.width, image.height)
        }
        let (image, width, height) = try ImageDecoder.decode(
            file: file, toBecome: resize ?? inputWidth, resize ?? inputHeight, whiteLevel: whiteLevel)
        return (try prepare(image), width, height)
    }

    /// The network's input, RGB, row by row: 3 * inputHeight * inputWidth bytes.
    /// - Throws: `ImageError` where the image is smaller than the crop.
    public func prepare(_ image: RGBImage) throws -> [UInt8] {
        guard let crop else {
            return try image.resized(width: inputWidth, height: inputHeight).pixels
        }
        let resized = try resize.map { try image.resized(shorterSide: $0) } ?? image
        return try resized.centerCropped(width: crop, height: crop).pixels
    }

    /// Where the input lies in an image of that size.
    package func window(width: Int, height: Int) -> InputWindow {
        guard let crop else {
            return InputWindow(
                vertical: .init(original: height, scaled: inputHeight, start: 0, input: inputHeight),
                horizontal: .init(original: width, scaled: inputWidth, start: 0, input: inputWidth))
        }
        let shorter = min(width, height)
        func scaled(_ side: Int) -> Int { resize.map { $0 * side / shorter } ?? side }
        func axis(_ side: Int) -> InputWindow.Axis {
            let margin = (Double(scaled(side) - crop) / 2).rounded(.toNearestOrEven)
            return .init(original: side, scaled: scaled(side), start: Int(margin), input: crop)
        }
        return InputWindow(vertical: axis(height), horizontal: axis(width))
    }
}

/// The part of an original image that the network saw.
package struct InputWindow: Hashable, Sendable {
    package struct Axis: Hashable, Sendable {
        /// The side of the image as it was read.
        let original: Int
        /// The side after resizing.
        let scaled: Int
        /// Where the crop begins there.
        let start: Int
        /// The crop's side.
        let input: Int
    }

    let vertical: Axis
    let horizontal: Axis
}
