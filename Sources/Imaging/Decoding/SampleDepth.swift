import Storage

/// How much of their 16 bits an image's samples use.
public struct SampleDepth: Sendable, Equatable {
    /// Bits of the largest sample; 0 for a black image.
    public let significantBits: Int
    /// The sample that the file says is white, where it says so: a TIFF's MaxSampleValue.
    public let statedWhite: UInt16?
    /// The sample that is taken for white where no white level is given: a PGM's or PPM's largest value, else 65,535.
    public let usualWhite: UInt16
}

extension ImageDecoder {
    /// Reads an image to see how much of 16 bits it uses.
    /// - Returns: nil where it has fewer bits than 16.
    /// - Throws: `ImageError` where it cannot be read.
    public static func sampleDepth(
        _ location: ImageLocation, limits: ImageLimits = .standard
    ) throws -> SampleDepth? {
        let name = location.text
        return try EncodedImage(reading: location, limits: limits).withUnsafeBytes { bytes in
            try limits.check(fileBytes: bytes.count, of: name)
            let format = try ImageFormat(of: bytes, name: name)
            guard let whites = try format.whitesOfSixteenBits(bytes, name: name, limits: limits) else { return nil }
            let bits = try format.decode(bytes, name: name, limits: limits, reduction: DepthReduction(purpose: .bits))
            return SampleDepth(
                significantBits: Int(bits.pixels.max() ?? 0), statedWhite: whites.stated, usualWhite: whites.usual)
        }
    }

    /// Whether a file holds further images of full size beside the one that is read.
    /// - Throws: `ImageError` where it cannot be told.
    public static func hasMorePages(_ location: ImageLocation, limits: ImageLimits = .standard) throws -> Bool {
        let name = location.text
        return try EncodedImage(reading: location, limits: limits).withUnsafeBytes { bytes in
            guard try ImageFormat(of: bytes, name: name) == .tiff else { return false }
            return try TIFFDecoder(name: name, limits: limits, reduction: DepthReduction()).hasMorePages(bytes)
        }
    }
}

extension ImageFormat {
    /// The white that a file of 16-bit samples states, and the one that is taken without a white level; nil for other files.
    fileprivate func whitesOfSixteenBits(
        _ bytes: UnsafeRawBufferPointer, name: String, limits: ImageLimits
    ) throws -> (stated: UInt16?, usual: UInt16)? {
        switch self {
        case .png:
            // The bit depth in the first chunk.
            return bytes.count > 24 && bytes[24] == 16 ? (nil, ImageDecoder.fullWhite) : nil
        case .tiff:
            let decoder = TIFFDecoder(name: name, limits: limits, reduction: DepthReduction())
            return try decoder.statedWhiteOfSixteenBits(bytes).map { ($0, ImageDecoder.fullWhite) }
        case .netpbm:
            let header = try NetpbmHeader(bytes, name: name, limits: limits)
            return header.maximum > 255 ? (nil, UInt16(header.maximum)) : nil
        case .jpeg, .bmp, .webp: return nil
        }
    }
}
