import Storage

/// What a worker says of a shard's images: what others who do the same say as well.
public struct AuditStatement: Equatable, Sendable {
    /// Where an image's score is highest, and how high.
    public struct Score: Equatable, Sendable {
        public let score: Float
        public let maxRow: Int
        public let maxColumn: Int

        public init(score: Float, maxRow: Int, maxColumn: Int) {
            (self.score, self.maxRow, self.maxColumn) = (score, maxRow, maxColumn)
        }

        /// - Returns: nil where something is missing, as of an image that could not be used.
        public init?(_ score: Float?, maxRow: Int?, maxColumn: Int?) {
            guard let score, let maxRow, let maxColumn else { return nil }
            self.init(score: score, maxRow: maxRow, maxColumn: maxColumn)
        }
    }

    private enum Result: Equatable {
        case features(Fingerprint)
        case scores([ImageID: Score])
        case calibration([ImageID: Score], CalibrationPayload)
    }

    /// Of the images that could be used; empty where workers use no other contents than those that they are told.
    let contents: [ImageID: ContentDigest]
    private let result: Result

    /// Scores of workers whose bits differ agree where they differ by no more than this part of the larger one. docs/NUMERICS.md says why.
    static let tolerance = 0.01
    /// Of the numbers that a calibration says of all patches smaller ones count as this part of the largest one.
    fileprivate static let smallestPart = 0.01

    /// Of images that were folded.
    /// - Parameter fingerprint: that of their features.
    public init(_ fingerprint: Fingerprint, contents: [ImageID: ContentDigest]) {
        (result, self.contents) = (.features(fingerprint), contents)
    }

    /// Of images that were scored.
    public init(scores: [ImageID: Score], contents: [ImageID: ContentDigest]) {
        (result, self.contents) = (.scores(scores), contents)
    }

    /// Of images of a calibration.
    public init(scores: [ImageID: Score], _ payload: CalibrationPayload) {
        (result, contents) = (.calibration(scores, payload), [:])
    }

    /// - Parameter outcomes: of an inspection, with the digests of contents.
    init(outcomes: [ImageOutcome]) {
        let contents = outcomes.compactMap { outcome in outcome.digest.map { (outcome.id, $0) } }
        self.init(scores: Self.scores(outcomes), contents: Dictionary(contents) { first, _ in first })
    }

    init(outcomes: [ImageOutcome], _ payload: CalibrationPayload) {
        self.init(scores: Self.scores(outcomes), payload)
    }

    private static func scores(_ outcomes: [ImageOutcome]) -> [ImageID: Score] {
        let scores = outcomes.compactMap { outcome in
            Score(outcome.score, maxRow: outcome.maxRow, maxColumn: outcome.maxColumn).map { (outcome.id, $0) }
        }
        return Dictionary(scores) { first, _ in first }
    }

    /// Whether it says something only to workers that give the same bits.
    var needsSameBits: Bool { if case .features = result { true } else { false } }

    /// Whether two workers say the same of the same contents.
    /// - Parameter hasSameBits: whether the two give the same bits. Of other workers scores are compared to a tolerance, and their places are
    ///   not: of two heights that are nearly equal each may be the higher one.
    package func agrees(with other: AuditStatement, hasSameBits: Bool) -> Bool {
        if hasSameBits { return result == other.result }
        switch (result, other.result) {
        case (.scores(let ones), .scores(let others)): return Self.areClose(ones, others)
        case (.calibration(let ones, let payload), .calibration(let others, let otherPayload)):
            return Self.areClose(ones, others) && payload.isClose(to: otherPayload, tolerance: Self.tolerance)
        default: return false
        }
    }

    private static func areClose(_ ones: [ImageID: Score], _ others: [ImageID: Score]) -> Bool {
        ones.count == others.count
            && ones.allSatisfy { image, one in
                others[image].map { Double(one.score).isClose(to: Double($0.score), tolerance) } ?? false
            }
    }
}

extension CalibrationPayload {
    /// Whether two workers whose bits differ say the same. Distances that are squared differ by twice as much.
    ///
    /// Patches of a background that never changes have distances that are rounding alone: they are compared on the scale of the largest one.
    fileprivate func isClose(to other: CalibrationPayload, tolerance: Double) -> Bool {
        func areClose(_ ones: [Double], _ others: [Double], _ tolerance: Double) -> Bool {
            let scale = max(ones.max() ?? 0, others.max() ?? 0)
            return ones.count == others.count
                && zip(ones, others).allSatisfy {
                    $0.isClose(to: $1, tolerance, atLeast: AuditStatement.smallestPart * scale)
                }
        }
        func numbers(_ rows: [[Float]]?) -> [Double] { (rows ?? []).flatMap { $0.map(Double.init) } }
        return areClose(numbers(scores), numbers(other.scores), tolerance)
            && areClose(numbers(lotScores), numbers(other.lotScores), tolerance)
            && areClose(sums.map(Double.init), other.sums.map(Double.init), 2 * tolerance)
            && areClose(lotMean ?? [], other.lotMean ?? [], 2 * tolerance)
    }
}

extension Double {
    /// - Parameters:
    ///   - tolerance: as a part of the larger magnitude.
    ///   - smallest: a smaller magnitude counts as this one.
    fileprivate func isClose(to other: Double, _ tolerance: Double, atLeast smallest: Double = 0) -> Bool {
        abs(self - other) <= tolerance * Swift.max(magnitude, other.magnitude, smallest)
    }
}
