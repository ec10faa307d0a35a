import ImageAccess
import Settings
import Storage

/// An image's file in memory, not decoded yet.
public struct EncodedImage: Sendable {
    /// What errors call the image.
    public let name: String
    private let bytes: [UInt8]
    private let limits: ImageLimits

    /// Reads the whole file.
    /// - Throws: `ImageError` where there is no such file, it cannot be read, is no regular file, is empty or too large.
    public init(
        reading location: ImageLocation, by reader: ImageReader = .standard, limits: ImageLimits = .standard
    ) throws {
        name = location.text
        self.limits = limits
        do {
            bytes = try reader.read(location, limit: limits.maxFileBytes)
        } catch let error as ImageAccessError {
            throw ImageError(error.name, error.reason)
        }
    }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try bytes.withUnsafeBytes(body)
    }

    public var digest: ContentDigest { bytes.withUnsafeBytes { ContentDigest(of: $0) } }

    /// - Parameter orientation: with `exif` the image is turned as its file says.
    /// - Throws: `ImageError`.
    public func decode(
        whiteLevel: UInt16 = ImageDecoder.fullWhite, orientation: OrientationRule = .ignore
    ) throws -> RGBImage {
        try bytes.withUnsafeBytes { bytes in
            let image = try ImageDecoder.decode(bytes, name: name, whiteLevel: whiteLevel, limits: limits)
            return try image.turned(stated(bytes, orientation))
        }
    }

    /// What is to be done with the decoded pixels of a file that was found sound.
    private func stated(_ bytes: UnsafeRawBufferPointer, _ rule: OrientationRule) throws -> ImageOrientation {
        switch rule {
        case .ignore: .upright
        case .exif:
            try ImageFormat(of: bytes, name: name).statedOrientation(bytes, name: name, limits: limits)
        }
    }

    /// Decodes an image that is to be made small: a JPEG may come at a half, a quarter or an eighth of its size, which is
    /// much less work and changes what is made of it a little.
    /// - Parameters:
    ///   - width, height: what the image is to become. A reduced image has at least twice as many pixels a side.
    /// - Returns: the image, and the size of the whole one, both turned as the rule says.
    /// - Throws: `ImageError`.
    public func decode(
        toBecome width: Int, _ height: Int, whiteLevel: UInt16 = ImageDecoder.fullWhite,
        orientation: OrientationRule = .ignore
    ) throws -> (image: RGBImage, width: Int, height: Int) {
        try bytes.withUnsafeBytes { bytes in
            try limits.check(fileBytes: bytes.count, of: name)
            guard try ImageFormat(of: bytes, name: name) == .jpeg else {
                let image = try decode(whiteLevel: whiteLevel, orientation: orientation)
                return (image, image.width, image.height)
            }
            let turn = try stated(bytes, orientation)
            let smallest = turn.swapsSides ? (height, width) : (width, height)
            let found = try JPEGDecoder(name: name, limits: limits, smallest: smallest).decodeReduced(bytes)
            let whole = turn.swapsSides ? (found.height, found.width) : (found.width, found.height)
            return (found.image.turned(turn), whole.0, whole.1)
        }
    }
}
