import Settings
import Thresholds

/// What a threshold gets right and wrong: over all images, by category, by lot and by kind of defect.
public struct ThresholdEvaluation: Codable, Equatable, Sendable {
    /// Where the threshold is from.
    public enum Origin: String, Codable, Sendable { case job, threshold, recall, costs }

    /// The images of one category or kind of defect.
    public struct Part: Codable, Equatable, Sendable {
        public let name: String
        public let confusion: Confusion
    }

    /// An image with a score and a label.
    package struct Image: Sendable {
        package let score: LabelledScore
        package let category: String?
        /// The kind of defect; nil where it is not known.
        package let defect: String?
        package let lot: String?

        package init(_ score: LabelledScore, category: String? = nil, defect: String? = nil, lot: String? = nil) {
            (self.score, self.category, self.defect, self.lot) = (score, category, defect, lot)
        }
    }

    public let threshold: Float
    public let origin: Origin
    public let confusion: Confusion
    /// The share of the flagged images that is anomalous; nil if none is flagged.
    public let precision: Double?
    /// The share of the anomalous images that is flagged; nil if none is anomalous.
    public let recall: Double?
    /// The share of the normal images that is flagged; nil if none is normal.
    public let falseAlarmRate: Double?
    public let f1: Double?
    /// Of all misses and false alarms, where costs were given.
    public let cost: Double?
    /// By name; empty where folders do not tell.
    public let categories: [Part]
    /// By name; empty where the list does not tell.
    public let lots: [Part]
    /// The anomalous images by their kinds of defects, by name; empty where neither the list nor folders tell.
    public let defects: [Part]

    package init(_ images: [Image], at threshold: Threshold, origin: Origin, point: OperatingPoint? = nil) {
        self.threshold = threshold.value
        self.origin = origin
        let confusion = Confusion(images.map(\.score), threshold: threshold)
        self.confusion = confusion
        (precision, recall, f1) = (confusion.precision, confusion.recall, confusion.f1)
        falseAlarmRate = confusion.falseAlarmRate
        if case .costs(let miss, let alarm) = point {
            cost = miss * Double(confusion.falseNegatives) + alarm * Double(confusion.falsePositives)
        } else {
            cost = nil
        }
        categories = Self.parts(images, threshold, by: \.category)
        lots = Self.parts(images, threshold, by: \.lot)
        defects = Self.parts(images.filter(\.score.isAnomalous), threshold, by: \.defect)
    }

    private static func parts(
        _ images: [Image], _ threshold: Threshold, by name: KeyPath<Image, String?> & Sendable
    ) -> [Part] {
        let named = images.filter { $0[keyPath: name] != nil }
        return Dictionary(grouping: named) { $0[keyPath: name] ?? "" }
            .map { Part(name: $0.key, confusion: Confusion($0.value.map(\.score), threshold: threshold)) }
            .sorted { $0.name < $1.name }
    }
}

extension ThresholdEvaluation.Origin {
    init(_ point: OperatingPoint) {
        self =
            switch point {
            case .threshold: .threshold
            case .recall: .recall
            case .costs: .costs
            }
    }
}
