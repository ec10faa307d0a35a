import ArgumentParser
import Thresholds

/// Which false-alarm rate a threshold is to keep: the same options wherever images are flagged.
public struct FalseAlarmOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Flag by the threshold that at most this share of normal images reaches, such as 1% or 0.01. It is found from the scores that the \
            model's own images have when the model is made without them: the model must be calibrated, as `padim-coord fit` does unless \
            it is told otherwise.
            """, valueName: "rate"), transform: { try FalseAlarmRate($0) })
    public var falseAlarmRate: FalseAlarmRate?

    @Option(
        help: ArgumentHelp(
            "Keep the rate with this confidence, such as 90%, and not only on average.", valueName: "percent"),
        transform: { try Confidence($0) })
    public var confidence: Confidence?

    @Option(
        help: """
            Which calibration the threshold is from: image (new images of the lots that the model knows), lot (images of new lots), or \
            larger, the larger threshold of both (default: larger).
            """)
    public var calibration: CalibrationBasis?

    public init() {}

    public func validate() throws {
        if falseAlarmRate == nil, confidence != nil || calibration != nil {
            throw ValidationError("--confidence and --calibration go with --false-alarm-rate")
        }
    }

    /// Nil where no rate is given.
    public var limit: FalseAlarmLimit? {
        falseAlarmRate.map { FalseAlarmLimit(rate: $0, confidence: confidence, basis: calibration ?? .larger) }
    }
}

extension CalibrationBasis: ExpressibleByArgument {}
