import ArgumentParser
import Terminal

/// Which images are flagged, and what is compared of the others.
struct ThresholdOptions: ParsableArguments {
    @Option(help: "Flag images whose score is at least this.")
    var threshold: Float?

    @Flag(
        help: """
            Compare images that are not flagged with the model, as padim drift does: whether they have changed as a whole, another exposure, \
            focus or camera, and where. Written are drift.json and drift.npy; drift is said, and does not change the exit status. Needs a \
            threshold or a false-alarm rate, and a calibrated model.
            """)
    var drift = false

    @Option(
        help: ArgumentHelp(
            "With --drift, compare at most so many images, a sample drawn by their names (default: \(InspectOptions.usualDriftImages)).",
            valueName: "number"))
    var driftImages: Int?

    @OptionGroup var falseAlarms: FalseAlarmOptions
}
