/// How well a job's results agree with the truth.
public struct Evaluation: Codable, Equatable, Sendable {
    /// Images with a score and a label: what the metrics are about.
    public internal(set) var images = 0
    /// How many of them are anomalous.
    public internal(set) var anomalous = 0
    /// Labelled images that the job skipped, unreadable or poison: they count for nothing.
    public internal(set) var skipped = 0
    /// Labelled images that the job has not come to.
    public internal(set) var pending = 0
    /// Images of the job that the truth does not name.
    public internal(set) var unlabelled = 0
    /// Images of a split that is not evaluated, such as those that the model was fitted on.
    public internal(set) var ofOtherSplits = 0
    /// Over image scores.
    public internal(set) var ranking: RankingMetrics
    /// The job's threshold, and what it gets right and wrong.
    public internal(set) var threshold: Float?
    public internal(set) var confusion: Confusion?
    /// At the threshold that was asked for, or else at the job's; nil where there is neither.
    public internal(set) var atThreshold: ThresholdEvaluation?
    /// Over the pixels of maps; nil if the job has no maps or the truth no masks.
    public internal(set) var pixels: PixelMetrics?
    /// By name; empty where neither the list nor folders name categories.
    public internal(set) var categories: [CategoryEvaluation] = []
    /// Over the categories; nil where there is none with both kinds of images.
    public internal(set) var categoryMeans: CategoryMeans?
    /// By category and name; empty where neither the list nor folders name kinds of defects.
    public internal(set) var defects: [DefectEvaluation] = []
    /// Anomalous images left out of `pixels`, since they have no mask.
    public internal(set) var withoutMask = 0
    /// How masks were understood, which were left out, and why there are no metrics over pixels where there might be some.
    public internal(set) var remarks: [String] = []

    package init(ranking: RankingMetrics) { self.ranking = ranking }
}
