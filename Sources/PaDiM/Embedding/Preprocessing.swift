import Backbone
import Gaussian
import ImageAccess
import Imaging
import Settings
import Storage

/// From a photograph to the network's input: the shorter side resized and the middle cut out, or the whole brought
/// straight to the input's size.
public struct Preprocessing: Equatable, Sendable {
    public let settings: InputSettings
    /// The sample of 16 bits that is white.
    public let whiteLevel: UInt16

    /// - Throws: `PaDiMError` where the steps do not lead to the input's size, or a value is impossible.
    public init(_ settings: InputSettings) throws {
        if let fault = settings.fault { throw PaDiMError("input", fault) }
        if let crop = settings.crop {
            guard crop == settings.height, crop == settings.width else {
                throw PaDiMError(
                    "crop \(crop)",
                    "the network's input is \(settings.height)x\(settings.width); give --input-size \(crop) too")
            }
            guard crop <= settings.resize ?? crop else {
                throw PaDiMError(
                    "crop \(crop)", "is larger than the shorter side after resizing, \(settings.resize ?? 0)")
            }
        } else if let resize = settings.resize {
            throw PaDiMError("resize \(resize)", "needs a crop: the resized image need not be square")
        }
        self.settings = settings
        whiteLevel = UInt16(exactly: settings.whiteLevel) ?? ImageDecoder.fullWhite
    }

    /// What is made of one image.
    struct Prepared {
        let input: InputPixels
        /// The size of the image as it was read, and turned where the settings say so.
        let width: Int
        let height: Int
        /// Nil where it was not asked for.
        let digest: ContentDigest?
    }

    /// Reads an image and makes the network's input of it.
    /// - Throws: `ImageError`.
    func read(_ location: ImageLocation, by reader: ImageReader, digesting: Bool) throws -> Prepared {
        let encoded = try EncodedImage(reading: location, by: reader)
        let digest = digesting ? encoded.digest : nil
        // Without a resize step the crop takes the image's own pixels.
        guard settings.scaledJPEG, settings.crop == nil || settings.resize != nil else {
            let image = try encoded.decode(whiteLevel: whiteLevel, orientation: settings.orientation)
            return Prepared(input: try prepare(image), width: image.width, height: image.height, digest: digest)
        }
        let (image, width, height) = try encoded.decode(
            toBecome: settings.resize ?? settings.width, settings.resize ?? settings.height, whiteLevel: whiteLevel,
            orientation: settings.orientation)
        return Prepared(input: try prepare(image), width: width, height: height, digest: digest)
    }

    /// An image with its own pixels, as `prepare` and `picture` take them.
    /// - Throws: `ImageError`.
    public func original(_ location: ImageLocation) throws -> RGBImage {
        try ImageDecoder.decode(location, whiteLevel: whiteLevel, orientation: settings.orientation)
    }

    /// The network's input, of the size that the settings say.
    /// - Throws: `ImageError` where the image is smaller than the crop.
    public func prepare(_ image: RGBImage) throws -> InputPixels {
        // Without a resize there is nothing to round.
        guard settings.resizePrecision == .float, settings.crop == nil || settings.resize != nil else {
            return .bytes(try picture(of: image).pixels)
        }
        guard let crop = settings.crop, let resize = settings.resize else {
            return .floats(try image.floatResized(width: settings.width, height: settings.height).pixels)
        }
        let resized = try image.floatResized(shorterSide: resize)
        return .floats(try resized.centerCropped(width: crop, height: crop).pixels)
    }

    /// The part of an image that the network sees, in 8 bits, to be looked at.
    /// - Throws: `ImageError` where the image is smaller than the crop.
    public func picture(of image: RGBImage) throws -> RGBImage {
        guard let crop = settings.crop else {
            return try image.resized(width: settings.width, height: settings.height)
        }
        let resized = try settings.resize.map { try image.resized(shorterSide: $0) } ?? image
        return try resized.centerCropped(width: crop, height: crop)
    }

    /// Where the input lies in an image of that size.
    package func window(width: Int, height: Int) -> InputWindow {
        InputWindow(
            width: width, height: height, input: (settings.width, settings.height), resize: settings.resize,
            crop: settings.crop)
    }
}
