import Gaussian
import Settings
import Thresholds

/// What a model's calibration says: how normal images that the model does not know score, which lots differ, and which thresholds follow.
public struct CalibrationSummary: Encodable, Sendable {
    /// Of one rule's scores, the lowest score that a share of them does not exceed.
    public struct Quantiles: Encodable, Equatable, Sendable {
        /// As the command line writes it.
        public let rule: String
        /// By image, or by lot.
        public let basis: CalibratedThreshold.Basis
        public let quantiles: [Quantile]
    }

    public struct Quantile: Encodable, Equatable, Sendable {
        public let share: Double
        public let score: Float
    }

    public struct Lot: Encodable, Equatable, Sendable {
        /// Counted from 0, in the calibration's order.
        public let lot: Int
        public let images: Int64
        /// Nil where no image of the lot was scored.
        public let drift: Double?
    }

    /// For one rate of false alarms.
    public struct RateThreshold: Encodable, Sendable {
        public let falseAlarmRate: Double
        /// Nil where there is none; `words` say why.
        public let choice: ThresholdChoice?
        public let words: [String]
    }

    /// How many images were scored.
    public let images: Int
    public let rules: [String]
    public let scores: [Quantiles]
    /// Those farthest from the others first.
    public let lots: [Lot]
    /// The rule whose thresholds follow: the one by which inspections score.
    public let rule: String
    public let thresholds: [RateThreshold]

    private static let shares = [0.05, 0.25, 0.5, 0.75, 0.95, 1]
    private static let rates = [0.05, 0.01, 0.001]

    /// - Parameter rule: by which inspections score; where the calibration lacks it, its own first rule is taken.
    public init(_ calibration: Calibration, rule: ImageScore) throws {
        images = calibration.images.count
        rules = calibration.rules.map(\.description)
        scores = calibration.rules.flatMap { rule in
            CalibratedThreshold.Basis.allCases.compactMap { basis in
                calibration.scores(rule, byLot: basis == .lot).map {
                    Quantiles(rule: rule.description, basis: basis, quantiles: Self.quantiles($0))
                }
            }
        }
        lots = calibration.lots.enumerated().map { number, lot in
            Lot(lot: number, images: lot.images, drift: lot.drift > 0 ? lot.drift : nil)
        }.sorted { ($0.drift ?? 0, $1.lot) > ($1.drift ?? 0, $0.lot) }
        let chosen = calibration.rules.contains(rule) ? rule : calibration.rules[0]
        self.rule = chosen.description
        let byImage = try CalibrationScores(calibration.scores(chosen) ?? [])
        let byLot = try calibration.scoresOfLots(chosen).map { try CalibrationLots($0) }
        thresholds = Self.rates.map { rate in
            do {
                let choice = try ThresholdChoice(byImage: byImage, byLot: byLot, rate: FalseAlarmRate(rate))
                return RateThreshold(falseAlarmRate: rate, choice: choice, words: choice.lines)
            } catch {
                return RateThreshold(falseAlarmRate: rate, choice: nil, words: ["no threshold: \(error)"])
            }
        }
    }

    private static func quantiles(_ scores: [Float]) -> [Quantile] {
        let ascending = scores.sorted()
        return shares.map { share in
            let rank = Int((share * Double(ascending.count)).rounded(.up))
            return Quantile(share: share, score: ascending[min(max(rank, 1), ascending.count) - 1])
        }
    }
}
