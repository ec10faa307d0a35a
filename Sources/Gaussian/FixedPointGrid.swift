import CKernels

/// The grid that a job's embeddings are rounded to: channel c becomes the whole number nearest to x * 2^exponents[c], ties
/// to even, at most `limit` in magnitude. Sums of whole numbers are exact, so statistics on one grid add exactly.
public struct FixedPointGrid: Codable, Equatable, Sendable {
    /// One for each kept channel.
    public let exponents: [Int]

    /// The largest magnitude of a number: 19 bits and a sign.
    public static let limit = Int(STATISTICS_LIMIT)
    /// How far values may pass the largest one seen while the grid was fixed before they are clamped.
    package static let headroom: Double = 8
    /// A channel's range is at least this share of its tap's: silent channels do not get absurdly fine grids.
    package static let floorShare: Double = 1.0 / 16
    /// Exponents in use. Beyond, no network's activations lie.
    public static let exponentRange = -64...64

    /// - Throws: `GaussianError` where there is no exponent, or one is out of `exponentRange`.
    public init(exponents: [Int]) throws {
        guard !exponents.isEmpty, exponents.count <= FeatureSpace.maximumDimension else {
            throw GaussianError("fixed-point grid", "has \(exponents.count) exponents")
        }
        if let bad = exponents.first(where: { !Self.exponentRange.contains($0) }) {
            throw GaussianError("fixed-point grid", "exponent \(bad) is not in \(Self.exponentRange)")
        }
        self.exponents = exponents
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(exponents: values.decode([Int].self, forKey: .exponents))
    }

    /// Fixes a grid from a first look at the data: the finest power of two that leaves eightfold room above each channel's
    /// maximum, where a channel's maximum counts as at least a sixteenth of its tap's.
    ///
    /// Only comparisons and exact products are used, so equal maxima give an equal grid on every machine.
    /// - Parameters:
    ///   - maxima: the largest magnitude seen, of each kept channel.
    ///   - taps: the tap that each kept channel belongs to.
    /// - Throws: `GaussianError` where a maximum is not a finite number.
    public static func fixing(maxima: [Float], taps: [Int]) throws -> FixedPointGrid {
        guard maxima.count == taps.count else {
            throw GaussianError("fixed-point grid", "\(maxima.count) maxima for \(taps.count) channels")
        }
        guard maxima.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
            throw GaussianError("fixed-point grid", "features are not finite numbers; are these the right weights?")
        }
        let largest = Dictionary(zip(taps, maxima), uniquingKeysWith: max)
        return try FixedPointGrid(
            exponents: zip(maxima, taps).map { maximum, tap in
                exponent(for: max(Double(maximum), Double(largest[tap] ?? 0) * floorShare))
            })
    }

    /// The largest exponent at which `headroom * maximum` stays within the limit; 0 for a channel that is always zero.
    private static func exponent(for maximum: Double) -> Int {
        guard maximum > 0 else { return 0 }
        let reach = headroom * maximum
        // reach < 2^(e + 1), so this is the answer or one too many.
        let candidate = 18 - Int(reach.exponent)
        let fits = Double(sign: .plus, exponent: candidate, significand: reach) <= Double(limit)
        return min(max(fits ? candidate : candidate - 1, exponentRange.lowerBound), exponentRange.upperBound)
    }

    /// 2^exponent of each channel: what an embedding is multiplied by.
    public var scales: [Float] { exponents.map { Float(sign: .plus, exponent: $0, significand: 1) } }

    /// 2^-exponent of each channel: what leads back.
    public var inverseScales: [Double] { exponents.map { Double(sign: .plus, exponent: -$0, significand: 1) } }
}
