/// The metrics of one category of parts or textures.
public struct CategoryEvaluation: Codable, Equatable, Sendable {
    public let name: String
    /// Images with a score and a label.
    public let images: Int
    public let anomalous: Int
    /// Over image scores; nil unless there are both normal and anomalous images.
    public let ranking: RankingMetrics?
    /// Over the pixels of the category's maps; nil where there are no maps or masks.
    public internal(set) var pixels: PixelMetrics?
}

/// The metrics of one kind of defect of one category.
public struct DefectEvaluation: Codable, Equatable, Sendable {
    /// Nil where it is not known.
    public let category: String?
    public let name: String
    /// Images with this defect.
    public let images: Int
    /// Of these images among the normal ones of the category; nil where it has none.
    public let ranking: RankingMetrics?
}

/// Metrics as means over categories, each of which counts the same however many images it has: as papers give them.
public struct CategoryMeans: Codable, Equatable, Sendable {
    /// Categories with both normal and anomalous images.
    public let categories: Int
    public let imageAUROC: Double
    /// Nil unless each of them has metrics over pixels.
    public let pixelAUROC: Double?
    /// AUPRO.
    public let regionOverlap: Double?

    /// - Returns: nil where no category has both kinds of images.
    init?(_ all: [CategoryEvaluation]) {
        let counted = all.filter { $0.ranking != nil }
        guard !counted.isEmpty else { return nil }
        func mean(_ values: [Double]) -> Double? {
            values.count == counted.count ? values.reduce(0, +) / Double(values.count) : nil
        }
        guard let images = mean(counted.compactMap(\.ranking?.auroc)) else { return nil }
        (categories, imageAUROC) = (counted.count, images)
        pixelAUROC = mean(counted.compactMap(\.pixels?.ranking.auroc))
        regionOverlap = mean(counted.compactMap(\.pixels?.regionOverlap))
    }
}

extension CategoryEvaluation {
    /// By name; empty where no image has a category.
    static func all(_ images: [ThresholdEvaluation.Image]) -> [CategoryEvaluation] {
        Dictionary(grouping: images.filter { $0.category != nil }) { $0.category ?? "" }.map { name, images in
            let scores = images.map(\.score)
            return CategoryEvaluation(
                name: name, images: images.count, anomalous: scores.count(where: \.isAnomalous),
                ranking: RankingMetrics(scores))
        }.sorted { $0.name < $1.name }
    }
}

extension DefectEvaluation {
    /// By category and name; empty where no kind of defect is known.
    static func all(_ images: [ThresholdEvaluation.Image]) -> [DefectEvaluation] {
        struct Key: Hashable {
            let category: String?
            let name: String
        }
        let normal = Dictionary(grouping: images.filter { !$0.score.isAnomalous }) { $0.category }
            .mapValues { $0.map(\.score) }
        var kinds: [Key: [LabelledScore]] = [:]
        for image in images where image.score.isAnomalous {
            guard let name = image.defect else { continue }
            kinds[Key(category: image.category, name: name), default: []].append(image.score)
        }
        return kinds.map { key, scores in
            DefectEvaluation(
                category: key.category, name: key.name, images: scores.count,
                ranking: RankingMetrics(scores + (normal[key.category] ?? [])))
        }.sorted { ($0.category ?? "", $0.name) < ($1.category ?? "", $1.name) }
    }
}
