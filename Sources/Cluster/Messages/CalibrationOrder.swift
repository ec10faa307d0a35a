import Settings

/// How images of a model are scored by models without them.
public struct CalibrationOrder: Codable, Equatable, Sendable {
    /// How maps become scores, one after the other, as the command line writes them. The first is the model's own.
    public let rules: [String]
    public let blurBorder: BlurBorder
    /// The most images that are dealt together, those of the lot among them.
    public let largest: Int
    /// Whether each image's whole lot is left out as well, and is dealt as one.
    public let leavesLotsOut: Bool

    /// More images of a lot are not dealt together: they are scored by a model that was made without them.
    public static let largestLot = 200

    public init(rules: [ImageScore], blurBorder: BlurBorder, largest: Int, leavesLotsOut: Bool) {
        (self.rules, self.blurBorder) = (rules.map(\.description), blurBorder)
        (self.largest, self.leavesLotsOut) = (largest, leavesLotsOut)
    }
}

/// How images' whole lots are left out of the model, if they are.
public enum LotsLeftOut: Equatable, Sendable {
    case none
    /// All images of a lot are dealt together, and what they would have without each other follows from their distances.
    case dealtAsOne
    /// Images are scored by another model, which was made without their lot.
    case byOwnModel
}

/// What a shard of calibration gives beside a score for each of its images: the payload of `calibrated`, and what the journal keeps of it.
///
/// Little-endian, one after the other:
///
///     scores     F32 [images, rules]   by the model without the image
///     lotScores  F32 [images, rules]   by the model without the lot; only where lots are left out, in either way
///     sums       I64 [patches]         of the images' squared distances from the model without them, in steps of 2^-16
///     lotMean    F64 [patches]         squared distance of the lot's mean; only where lots are dealt as one
public struct CalibrationPayload: Equatable, Sendable {
    public let scores: [[Float]]
    public let lotScores: [[Float]]?
    public let sums: [Int64]
    public let lotMean: [Double]?

    public init(scores: [[Float]], lotScores: [[Float]]?, sums: [Int64], lotMean: [Double]?) {
        (self.scores, self.lotScores, self.sums, self.lotMean) = (scores, lotScores, sums, lotMean)
    }

    public var bytes: [UInt8] {
        func bytes<Value>(_ values: [Value]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }
        return bytes(scores.flatMap { $0 }) + bytes((lotScores ?? []).flatMap { $0 }) + bytes(sums)
            + bytes(lotMean ?? [])
    }

    static func byteCount(images: Int, rules: Int, patches: Int, lots: LotsLeftOut) -> Int {
        4 * images * rules * (lots == .none ? 1 : 2) + 8 * patches * (lots == .dealtAsOne ? 2 : 1)
    }

    /// - Returns: nil where the bytes are not of this size, or a number is not finite or negative.
    public init?(bytes: [UInt8], images: Int, rules: Int, patches: Int, lots: LotsLeftOut) {
        guard images > 0, rules > 0, patches > 0,
            bytes.count == Self.byteCount(images: images, rules: rules, patches: patches, lots: lots)
        else { return nil }
        var place = 0
        func next<Value: BitwiseCopyable>(_ count: Int, as type: Value.Type) -> [Value] {
            defer { place += count * MemoryLayout<Value>.size }
            return bytes.withUnsafeBytes { bytes in
                (0..<count).map { bytes.loadUnaligned(fromByteOffset: place + $0 * MemoryLayout<Value>.size, as: type) }
            }
        }
        func rows() -> [[Float]] { (0..<images).map { _ in next(rules, as: Float.self) } }
        scores = rows()
        lotScores = lots == .none ? nil : rows()
        sums = next(patches, as: Int64.self)
        lotMean = lots == .dealtAsOne ? next(patches, as: Double.self) : nil
        let numbers = (scores + (lotScores ?? [])).flatMap { $0 }
        guard numbers.allSatisfy({ $0.isFinite && $0 >= 0 }), sums.allSatisfy({ $0 >= 0 }),
            lotMean?.allSatisfy({ $0.isFinite && $0 >= 0 }) ?? true
        else { return nil }
    }
}
