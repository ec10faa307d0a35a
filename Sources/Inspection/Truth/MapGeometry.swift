import Imaging
import Journal
import Settings

/// How an image became the network's input, as far as it takes to lay a mask over a map, or a map over the image: first its shorter side was brought to
/// `resize`, then the middle was cut out, `crop` wide and high.
public struct MapGeometry: Codable, Equatable, Sendable {
    public let resize: Int?
    public let crop: Int?
    /// The sample of 16 bits that is white; nil: all bits are used.
    private let white: Int?
    /// Whether whole images were padded to the input's proportions; nil: they were not.
    private let padded: Bool?
    /// Nil: the stated orientation of images is ignored.
    private let turn: OrientationRule?

    private enum CodingKeys: String, CodingKey {
        case resize, crop, padded
        case white = "whiteLevel"
        case turn = "orientation"
    }

    /// - Parameter whiteLevel: nil, or 65,535: all bits are used.
    public init(
        resize: Int? = nil, crop: Int? = nil, whiteLevel: Int? = nil, orientation: OrientationRule = .ignore,
        fit: ImageFit = .stretch
    ) {
        padded = fit == .pad ? true : nil
        (self.resize, self.crop) = (resize, crop)
        white = whiteLevel == InputSettings.fullWhite ? nil : whiteLevel
        turn = orientation == .ignore ? nil : orientation
    }

    /// The sample of 16 bits that becomes white.
    var whiteLevel: UInt16 { white.flatMap { UInt16(exactly: $0) } ?? ImageDecoder.fullWhite }

    var orientation: OrientationRule { turn ?? .ignore }

    /// The geometry that a job recorded, or that its settings tell; else none: images were scaled as a whole.
    init(of journal: Journal) throws {
        func setting(_ name: String) -> Int? { journal.job.settings[name].flatMap { Int($0) } }
        self =
            try journal.value(.mapGeometry)
            ?? MapGeometry(
                resize: setting("resize"), crop: setting("crop"), whiteLevel: setting("white-level"),
                orientation: journal.job.settings["orientation"].flatMap(OrientationRule.init) ?? .ignore,
                fit: journal.job.settings[Self.fitName].flatMap(ImageFit.init) ?? .stretch)
    }

    /// By which a job's record says how images were brought to the input's proportions.
    public static let fitName = "fit"

    var isPadded: Bool { padded ?? false }

    /// Whether the whole image was scaled, and nothing cut out.
    var isWhole: Bool { resize == nil && crop == nil && !isPadded }

    /// The part of an image's mask that became the network's input.
    /// - Parameter map: the size of the image's map, which the mask has then where images were padded.
    /// - Throws: ``InspectionError`` for a mask that would be brought to more pixels than any image may have.
    package func input(of mask: Mask, over map: (width: Int, height: Int)) throws -> Mask {
        isPadded ? mask.padded(to: map) : cropped(try scaled(mask))
    }

    private func scaled(_ mask: Mask) throws -> Mask {
        guard let resize, (1...1 << 16).contains(resize) else { return mask }
        // The longer side is rounded down, as torchvision does.
        let (width, height) =
            mask.width <= mask.height
            ? (resize, resize * mask.height / mask.width) : (resize * mask.width / mask.height, resize)
        guard ImageLimits.standard.allow(width: width, height: height) else {
            throw InspectionError(
                "a mask of \(mask.width) x \(mask.height) cannot be scaled to \(width) x \(height) pixels, as its image was"
            )
        }
        return mask.resized(width: width, height: height)
    }

    private func cropped(_ mask: Mask) -> Mask {
        guard let crop, crop > 0, crop <= mask.width, crop <= mask.height else { return mask }
        return mask.cropped(width: crop, height: crop)
    }
}

extension JournalKey where Value == MapGeometry {
    public static var mapGeometry: Self { Self("map geometry") }
}
