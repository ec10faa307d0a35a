import CKernels

/// The fixed-point grid of a feature space: a feature x of a channel with exponent e counts as q * 2^-e, where q is the whole number
/// nearest to x * 2^e, ties to even, at most `limit` in magnitude.
///
/// The grid depends on settings alone and never on images. So sums of equal features always add, and scoring uses exactly the numbers
/// that are in the sums.
public struct FixedPointGrid: Equatable, Sendable {
    /// One for each kept channel.
    public let exponents: [Int]
    /// How this release's files say it. Nil in files of the first format version, which have an exponent of its own for each
    /// channel, fixed from the first images of their job.
    public let layers: Layers?

    /// One exponent for each layer.
    public struct Layers: Equatable, Sendable {
        public let exponents: [Int]
        /// The channels that each layer has, kept or not.
        public let channels: [Int]

        public init(exponents: [Int], channels: [Int]) { (self.exponents, self.channels) = (exponents, channels) }
    }

    /// The largest magnitude of a number: 19 bits and a sign.
    public static let limit = Int(STATISTICS_LIMIT)
    /// The exponent that is used unless another is given: steps of 2^-9 and a range of 1024 to both sides, several times the
    /// largest activation seen in any of the backbones.
    public static let defaultExponent = 9
    /// Exponents in use. Beyond, no network's activations lie.
    public static let exponentRange = -64...64

    /// - Parameter kept: the channels kept, of all layers' channels one after the other; ascending.
    /// - Throws: `GaussianError` where the layers do not have these channels, or an exponent is out of `exponentRange`.
    public init(layers: Layers, kept: [Int]) throws {
        guard layers.exponents.count == layers.channels.count else {
            throw GaussianError(
                "fixed-point grid", "has \(layers.exponents.count) exponents for \(layers.channels.count) layers")
        }
        guard layers.channels.allSatisfy({ (1...FeatureSpace.maximumChannel).contains($0) }) else {
            throw GaussianError(
                "fixed-point grid", "a layer has a number of channels that is not in 1...\(FeatureSpace.maximumChannel)"
            )
        }
        try Self.check(layers.exponents)
        var exponents: [Int] = []
        var end = 0
        for (exponent, channels) in zip(layers.exponents, layers.channels) {
            end += channels
            while exponents.count < kept.count, kept[exponents.count] < end { exponents.append(exponent) }
        }
        guard exponents.count == kept.count else {
            throw GaussianError(
                "fixed-point grid", "channel \(kept[exponents.count]) is beyond the layers' \(end) channels")
        }
        (self.exponents, self.layers) = (exponents, layers)
    }

    /// A grid with the same exponent for all layers.
    /// - Throws: as above.
    public init(exponent: Int = defaultExponent, layerChannels: [Int], kept: [Int]) throws {
        try self.init(
            layers: Layers(exponents: layerChannels.map { _ in exponent }, channels: layerChannels), kept: kept)
    }

    /// A grid as files of the first format version have it.
    /// - Parameter channelExponents: one for each kept channel.
    /// - Throws: `GaussianError` where there is no exponent, or one is out of `exponentRange`.
    public init(channelExponents: [Int]) throws {
        guard !channelExponents.isEmpty, channelExponents.count <= FeatureSpace.maximumDimension else {
            throw GaussianError("fixed-point grid", "has \(channelExponents.count) exponents")
        }
        try Self.check(channelExponents)
        (exponents, layers) = (channelExponents, nil)
    }

    private static func check(_ exponents: [Int]) throws {
        if let bad = exponents.first(where: { !exponentRange.contains($0) }) {
            throw GaussianError(
                "fixed-point grid",
                "exponent \(bad) is not in \(exponentRange.lowerBound) to \(exponentRange.upperBound)")
        }
    }

    /// 2^exponent of each kept channel: what a feature is multiplied by.
    public var scales: [Float] { exponents.map { Float(sign: .plus, exponent: $0, significand: 1) } }

    /// 2^-exponent of each kept channel: the distance between neighbouring numbers.
    public var steps: [Float] { exponents.map { Float(sign: .plus, exponent: -$0, significand: 1) } }

    /// In words, how another grid differs.
    func difference(from other: FixedPointGrid) -> String {
        switch (layers, other.layers) {
        case (let here?, let there?):
            if here.channels != there.channels {
                return "the layers' numbers of channels (\(Self.text(here.channels)) and \(Self.text(there.channels)))"
            }
            return "fixed-point exponents (\(Self.text(here.exponents)) and \(Self.text(there.exponents)))"
        case (nil, nil):
            let different = zip(exponents, other.exponents).count { $0 != $1 }
            return "fixed-point exponents (\(different) of \(exponents.count) channels')"
        default:
            return
                "fixed-point grid (one is constant, the other was fixed from its first images by a release before 0.2)"
        }
    }

    private static func text(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ",") }
}

/// How files of the first format version write their grid, beside the space.
struct FirstVersionGrid: Codable {
    let exponents: [Int]
}
