import Gaussian
import Journal
import Settings
import Storage
import Thresholds

/// The scores of normal images that a job compares the scores of its images with: those of its model's calibration that are made by the
/// job's own rule.
///
/// The journal keeps them. So a finished job has p-values, and is flagged by another false-alarm rate, also where its model is gone.
public struct JobCalibration: Codable, Equatable, Sendable {
    /// The model that they are of.
    public let model: Digest
    /// Ascending.
    private let byImage: [Float]
    /// Lot by lot, each ascending; nil where lots are not known.
    private let byLot: [[Float]]?

    /// - Parameters:
    ///   - digest: the model's.
    ///   - scoring: of the inspection.
    /// - Throws: ``InspectionError`` where the model has no scores that compare with those of the inspection.
    public init(of model: GaussianModel, digest: Digest, scoring: ScoreSettings) throws {
        try self.init(
            model.calibration, of: (model.path, digest, model.settings.blurBorder), scoring: scoring)
    }

    /// The same, of a model's parts.
    package init(
        _ calibration: Calibration?, of model: (path: String, digest: Digest, blurBorder: BlurBorder),
        scoring: ScoreSettings
    ) throws(InspectionError) {
        guard let calibration else {
            throw InspectionError(
                "\(model.path) is not calibrated, so a false-alarm rate gives no threshold: it was fitted with --calibrate none, by an "
                    + "earlier release, or on fewer than three images. padim-coord calibrate calibrates it by its sums and "
                    + "images; or fit again without --calibrate none, or give a --threshold")
        }
        // Another border makes other maps, and so other scores.
        guard model.blurBorder == scoring.blurBorder else {
            throw InspectionError(
                "\(model.path) is calibrated with maps whose blur border is \(model.blurBorder.rawValue), and this inspection's is "
                    + "\(scoring.blurBorder.rawValue): scores do not compare. Leave --blur-border out, or give a --threshold"
            )
        }
        guard let byImage = calibration.scores(scoring.imageScore) else {
            throw InspectionError(
                "\(model.path) is calibrated for --image-score \(calibration.rules.map(\.description).joined(separator: " and ")), "
                    + "and this inspection scores by \(scoring.imageScore): take one of them, or give a --threshold")
        }
        self.model = model.digest
        self.byImage = byImage.sorted()
        byLot = calibration.scoresOfLots(scoring.imageScore)?.map { $0.sorted() }
    }

    /// The threshold that keeps the limit.
    /// - Throws: `ThresholdError` where none does.
    public func threshold(keeping limit: FalseAlarmLimit) throws(ThresholdError) -> ThresholdChoice {
        var lots: CalibrationLots?
        if let byLot { lots = try CalibrationLots(byLot) }
        return try ThresholdChoice(byImage: CalibrationScores(byImage), byLot: lots, limit: limit)
    }

    /// The scores by image, highest first.
    var fallingScores: [Float] { byImage.reversed() }

    /// The p-values of images by these scores.
    /// - Parameter basis: those by image where lots are not known.
    /// - Throws: `ThresholdError` where a score is not a finite number.
    package func pValues(_ basis: CalibrationBasis) throws(ThresholdError) -> PValues {
        let image = try CalibrationScores(byImage)
        guard let byLot, basis != .image else { return PValues(scores: [image]) }
        let lots = try CalibrationLots(byLot).all
        return PValues(scores: basis == .lot ? [lots] : [image, lots])
    }
}

/// How often normal images score as high as an image.
package struct PValues {
    let scores: [CalibrationScores]

    /// - Returns: the larger one, where images are compared with scores by image and by lot.
    package func of(_ score: Float) -> Double { scores.reduce(0) { max($0, $1.pValue(of: score)) } }
}

extension JournalKey where Value == JobCalibration {
    /// What the scores of the job's images are compared with; there is none where the model is not calibrated for them.
    public static var calibration: Self { Self("calibration") }
}

extension JournalKey where Value == ThresholdChoice {
    /// How the job's threshold was found; there is none where it was given.
    public static var thresholdChoice: Self { Self("threshold-choice") }
}

extension Journal {
    /// Finds the threshold that keeps a limit, by the calibration that the job has.
    /// - Throws: ``InspectionError`` where the job has none; `ThresholdError` where no threshold keeps the limit.
    public func threshold(keeping limit: FalseAlarmLimit) throws -> ThresholdChoice {
        guard let calibration = try value(.calibration) else {
            throw InspectionError(
                "the job in \(directory.path) has no scores of normal images, so a false-alarm rate gives no threshold: its model is not "
                    + "calibrated, or not for this image score or blur border, or an earlier release inspected the images. Inspect "
                    + "into another directory with a calibrated model, or give a --threshold")
        }
        return try calibration.threshold(keeping: limit)
    }

    /// The p-values of the job's images by the basis that its threshold was asked for, else the larger of both.
    func pValues() throws -> PValues? {
        guard let calibration = try value(.calibration) else { return nil }
        return try calibration.pValues(value(.thresholdChoice)?.basis ?? .larger)
    }
}
