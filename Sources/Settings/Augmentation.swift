/// How images of a fit are turned and moved at random, for parts that do not always lie the same way. An image gives several copies, each drawn
/// from the seed and the image's content.
public struct Augmentation: Equatable, Sendable {
    /// The largest angle that a copy is turned by, to either side, in degrees; 0: copies are not turned.
    public var rotation: Double
    /// Whether the crop is taken at a random place, and not from the middle.
    public var cropsRandomly: Bool
    public var seed: Int
    /// Copies that an image gives.
    public var copies: Int

    public init(rotation: Double = 0, cropsRandomly: Bool = false, seed: Int = 0, copies: Int = 1) {
        (self.rotation, self.cropsRandomly, self.seed, self.copies) = (rotation, cropsRandomly, seed, copies)
    }

    /// By which a job's record says how images are augmented.
    public static let name = "augment"
    public static let mostCopies = 64
    /// Seeds that JSON numbers hold exactly.
    public static let largestSeed = 1 << 53

    /// In words, what is impossible about the values; nil where nothing is.
    public var fault: String? {
        guard (0...180.0).contains(rotation) else {
            return "the largest angle of an augmentation must be 0 to 180 degrees"
        }
        guard rotation > 0 || cropsRandomly else {
            return "an augmentation must turn images or crop them at random: give rotate:DEGREES, or resize:N,crop:N"
        }
        guard (0...Self.largestSeed).contains(seed) else { return "the seed of an augmentation must be 0 to 2^53" }
        guard (1...Self.mostCopies).contains(copies) else {
            return "an image gives 1 to \(Self.mostCopies) augmented copies, not \(copies)"
        }
        return nil
    }
}

extension Augmentation: CustomStringConvertible {
    public var description: String {
        let turns = rotation > 0 ? "rotate:\(rotation) " : ""
        return turns + (cropsRandomly ? "crop " : "") + "seed:\(seed) copies:\(copies)"
    }
}

/// An augmentation as the command line says it: `rotate:10,resize:256,crop:224`. Each step may be left out; their order is this one.
public struct AugmentationSteps: Equatable, Sendable {
    public var rotate: Double?
    public var resize: Int?
    public var crop: Int?

    /// Nil where the text is something else.
    public init?(_ text: String) {
        var last = -1
        for step in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = step.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let place = ["rotate", "resize", "crop"].firstIndex(of: String(parts[0])),
                place > last
            else { return nil }
            last = place
            switch place {
            case 0:
                guard let angle = Double(parts[1]), angle > 0, angle <= 180 else { return nil }
                rotate = angle
            default:
                guard let side = Int(parts[1]), (1...InputSettings.maximumSide).contains(side) else { return nil }
                if place == 1 { resize = side } else { crop = side }
            }
        }
    }
}

extension Augmentation {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case rotate, randomCrop, augmentSeed, augmentCopies
    }

    static var fieldNames: [String] { CodingKeys.allCases.map(\.rawValue) }

    /// Nil where the fields of an augmentation are not there. They stand beside others.
    init?(ifPresentIn decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        guard let copies = try values.decodeIfPresent(Int.self, forKey: .augmentCopies) else { return nil }
        self.init(
            rotation: try values.decodeIfPresent(Double.self, forKey: .rotate) ?? 0,
            cropsRandomly: try values.decodeIfPresent(Bool.self, forKey: .randomCrop) ?? false,
            seed: try values.decodeIfPresent(Int.self, forKey: .augmentSeed) ?? 0, copies: copies)
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        if rotation > 0 { try values.encode(rotation, forKey: .rotate) }
        if cropsRandomly { try values.encode(true, forKey: .randomCrop) }
        if seed != 0 { try values.encode(seed, forKey: .augmentSeed) }
        try values.encode(copies, forKey: .augmentCopies)
    }
}
