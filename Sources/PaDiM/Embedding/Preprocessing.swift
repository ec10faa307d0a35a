import Backbone
import Gaussian
import ImageAccess
import Imaging
import Settings
import Storage

/// From a photograph to the network's input: the shorter side resized and the middle cut out, or the whole brought
/// straight to the input's size.
public struct Preprocessing: Equatable, Sendable {
    /// Where a crop begins in a resized image of that size; nil: so that it is the image's middle.
    public typealias CropPlace = (_ width: Int, _ height: Int) -> (top: Int, left: Int)?

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

    /// An image that was read, before inputs of the network are made of it.
    struct LoadedImage {
        /// A large JPEG may have been decoded at a fraction of its size.
        let image: RGBImage
        /// The size of the image as it was read, and turned where the settings say so.
        let width: Int
        let height: Int
        /// Nil where it was not asked for.
        let digest: ContentDigest?
    }

    /// Reads an image, and makes sure that it gives inputs of the network.
    /// - Throws: `ImageError`.
    func read(_ location: ImageLocation, by reader: ImageReader, digesting: Bool) throws -> LoadedImage {
        let encoded = try EncodedImage(reading: location, by: reader)
        let digest = digesting ? encoded.digest : nil
        // Without a resize step the crop takes the image's own pixels, and so do tiles.
        guard settings.scaledJPEG, settings.tiling == nil, settings.crop == nil || settings.resize != nil else {
            let image = try encoded.decode(whiteLevel: whiteLevel, orientation: settings.orientation)
            if let obstacle = settings.tiling?.obstacle(to: image.width, image.height) {
                throw ImageError(location.text, obstacle)
            }
            return LoadedImage(image: image, width: image.width, height: image.height, digest: digest)
        }
        let (image, width, height) = try encoded.decode(
            toBecome: settings.resize ?? settings.width, settings.resize ?? settings.height, whiteLevel: whiteLevel,
            orientation: settings.orientation)
        return LoadedImage(image: image, width: width, height: height, digest: digest)
    }

    /// An image with its own pixels, as `prepare` and `picture` take them.
    /// - Throws: `ImageError`.
    public func original(_ location: ImageLocation, by reader: ImageReader = .standard) throws -> RGBImage {
        try EncodedImage(reading: location, by: reader).decode(
            whiteLevel: whiteLevel, orientation: settings.orientation)
    }

    /// The network's input, of the size that the settings say.
    /// - Parameters:
    ///   - image: as it was read and turned.
    ///   - place: where the crop begins; nil: so that it is the image's middle.
    /// - Throws: `ImageError` where the image is smaller than the crop.
    public func prepare(
        _ image: RGBImage, croppedAt place: CropPlace? = nil
    ) throws -> InputPixels {
        // Without a resize there is nothing to round.
        guard settings.resizePrecision == .float, settings.crop == nil || settings.resize != nil else {
            return .bytes(try picture(of: image, croppedAt: place).pixels)
        }
        guard let crop = settings.crop, let resize = settings.resize else {
            if let box = letterbox(image) {
                return .floats(
                    try image.floatResized(width: box.width, height: box.height)
                        .framed(width: settings.width, height: settings.height, left: box.left, top: box.top).pixels)
            }
            return .floats(try image.floatResized(width: settings.width, height: settings.height).pixels)
        }
        let resized = try image.floatResized(shorterSide: resize)
        guard let (top, left) = place?(resized.width, resized.height) else {
            return .floats(try resized.centerCropped(width: crop, height: crop).pixels)
        }
        return .floats(resized.part(left: left, top: top, width: crop, height: crop).pixels)
    }

    /// The part of an image that the network sees, in 8 bits, to be looked at: what its map lies over. Of an image that is cut into tiles it
    /// is the whole one.
    /// - Parameters:
    ///   - image: as it was read and turned.
    ///   - place: as for `prepare`.
    /// - Throws: `ImageError` where the image is smaller than the crop.
    public func picture(
        of image: RGBImage, croppedAt place: CropPlace? = nil
    ) throws -> RGBImage {
        guard let crop = settings.crop else {
            if let box = letterbox(image) {
                return try image.resized(width: box.width, height: box.height)
                    .framed(width: settings.width, height: settings.height, left: box.left, top: box.top)
            }
            let size = mapSize(ofImage: image.width, image.height)
            return try image.resized(width: size.width, height: size.height)
        }
        let resized = try settings.resize.map { try image.resized(shorterSide: $0) } ?? image
        guard let (top, left) = place?(resized.width, resized.height) else {
            return try resized.centerCropped(width: crop, height: crop)
        }
        return resized.part(left: left, top: top, width: crop, height: crop)
    }

    /// Nil where images are not padded.
    private func letterbox(_ image: RGBImage) -> Letterbox? {
        guard settings.fit == .pad else { return nil }
        return Letterbox(width: image.width, height: image.height, frame: (settings.width, settings.height))
    }

    /// The size of an image's map before it is brought to the image's own: that of the network's input; where the image is cut into tiles, it
    /// is larger by as much as the image is larger than a tile.
    package func mapSize(ofImage width: Int, _ height: Int) -> (width: Int, height: Int) {
        guard let side = settings.tiling?.side else { return (settings.width, settings.height) }
        func length(_ of: Int, _ input: Int) -> Int { max((2 * of * input + side) / (2 * side), 1) }
        return (length(width, settings.width), length(height, settings.height))
    }

    /// Which pixels of the input count.
    /// - Parameter region: for images of its size.
    /// - Throws: `PaDiMError` where an image of that size is smaller than the crop, or none of the input's pixels counts.
    package func counted(_ region: RegionOfInterest) throws -> [Bool] {
        let window = window(width: region.width, height: region.height)
        let size = "\(region.width) x \(region.height)"
        guard settings.tiling == nil, settings.augmentation == nil else {
            throw PaDiMError("region of interest", "does not go with tiles or augmented copies: leave one of them out")
        }
        guard
            settings.crop == nil
                || window.horizontal.scaled >= window.horizontal.input
                    && window.vertical.scaled >= window.vertical.input
        else {
            throw PaDiMError(
                "region of interest", "is of \(size) pixels, and images of that size are smaller than the crop")
        }
        let counts = region.counts(in: window)
        guard counts.contains(true) else {
            throw PaDiMError(
                "region of interest",
                "of \(size) pixels has \(region.count) that count, and the network sees none of them: they lie outside of the crop, or "
                    + "between the pixels of the input")
        }
        return counts
    }

    /// - Throws: `PaDiMError` where the network sees nothing of a region of interest.
    public func requireSeen(_ region: RegionOfInterest) throws { _ = try counted(region) }

    /// Where the input lies in an image of that size.
    package func window(width: Int, height: Int) -> InputWindow {
        if settings.fit == .pad {
            return InputWindow(padding: width, height, input: (settings.width, settings.height))
        }
        return InputWindow(
            width: width, height: height, input: mapSize(ofImage: width, height), resize: settings.resize,
            crop: settings.crop)
    }
}
