import ImageAccess
import CPNG
import Storage

/// A mask as its file has it.
public struct StoredMask: Equatable, Sendable {
    public let mask: Mask
    /// What was assumed about the mask that its author may not have meant; nil: nothing.
    public let remark: MaskRemark?

    public init(_ mask: Mask, _ remark: MaskRemark? = nil) { (self.mask, self.remark) = (mask, remark) }
}

/// How a mask was understood that could be understood otherwise.
public enum MaskRemark: CaseIterable, Sendable {
    /// Of a JPEG or a lossy WebP, whose edges are smeared: what is at least half as bright as white is defective.
    case lossy
    /// Index 0 of the palette is the background, whatever its colour; it is not black.
    case palette
    /// All colours are one: what is not transparent is defective.
    case transparency
}

extension Mask {
    // Of 0 ... 255.
    private static let half: UInt8 = 128

    /// Reads an image of any kind that `ImageDecoder` reads. A pixel is defective if any of its samples is not 0, however small
    /// (16-bit masks may hold the number of a label). Of a palette the index counts, not the colour. Where parts are wholly
    /// transparent, they are not defective; and if all the others are of one colour, those are. Of a JPEG or a lossy WebP what is at
    /// least half as bright as white is defective.
    /// - Throws: `ImageError` where the file cannot be read.
    public static func decode(
        _ location: ImageLocation, by reader: ImageReader = .standard, limits: ImageLimits = .standard
    ) throws -> StoredMask {
        try EncodedImage(reading: location, by: reader, limits: limits).withUnsafeBytes {
            try decode($0, name: location.text, limits: limits)
        }
    }

    /// - Parameter name: what errors call the mask.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, name: String, limits: ImageLimits = .standard
    ) throws -> StoredMask {
        switch try ImageFormat(of: bytes, name: name) {
        case .png:
            let png = try PNGReader(bytes, name: name, limits: limits)
            return try PNGMask(header: png.header, samples: png.samples()).judged()
        case .jpeg: return StoredMask(try colored(bytes, name, limits, from: half), .lossy)
        case .webp where WebPDecoder.isLossy(bytes):
            return StoredMask(try colored(bytes, name, limits, from: half), .lossy)
        default: return StoredMask(try colored(bytes, name, limits, from: 1))
        }
    }

    private static func colored(
        _ bytes: UnsafeRawBufferPointer, _ name: String, _ limits: ImageLimits, from least: UInt8
    ) throws -> Mask {
        let image = try ImageDecoder.decode(
            bytes, name: name, limits: limits, reduction: DepthReduction(purpose: .labels))
        let defective = image.pixels.withUnsafeBufferPointer { pixels in
            stride(from: 0, to: pixels.count, by: 3).map { start in
                max(pixels[start], pixels[start + 1], pixels[start + 2]) >= least
            }
        }
        return Mask(width: image.width, height: image.height, defective: defective)
    }
}

private struct PNGMask {
    let header: png_header
    /// As the file has them; of 16 bits two bytes each.
    let samples: [UInt8]

    func judged() -> StoredMask {
        let stored = samples.withUnsafeBytes {
            header.bits == 16 ? judged($0.bindMemory(to: UInt16.self)) : judged($0.bindMemory(to: UInt8.self))
        }
        return header.is_palette && header.first_color != (0, 0, 0) ? StoredMask(stored.mask, .palette) : stored
    }

    private func judged<Sample: FixedWidthInteger>(_ samples: UnsafeBufferPointer<Sample>) -> StoredMask {
        let step = header.samples
        let hasAlpha = step == 2 || step == 4
        let colors = hasAlpha ? step - 1 : step
        let pixels = stride(from: 0, to: samples.count, by: step)
        func isColored(_ pixel: Int) -> Bool { (0..<colors).contains { samples[pixel + $0] != 0 } }
        func isVisible(_ pixel: Int) -> Bool { samples[pixel + colors] != 0 }
        // Alpha that hides all, or nothing, says nothing.
        guard hasAlpha, let shown = pixels.first(where: isVisible), !pixels.allSatisfy(isVisible) else {
            return StoredMask(mask(pixels.map(isColored)))
        }
        let isOneColor = pixels.allSatisfy { pixel in
            !isVisible(pixel) || (0..<colors).allSatisfy { samples[pixel + $0] == samples[shown + $0] }
        }
        if isOneColor { return StoredMask(mask(pixels.map(isVisible)), .transparency) }
        return StoredMask(mask(pixels.map { isVisible($0) && isColored($0) }))
    }

    private func mask(_ defective: [Bool]) -> Mask {
        Mask(width: header.width, height: header.height, defective: defective)
    }
}
