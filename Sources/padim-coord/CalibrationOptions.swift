import ArgumentParser
import Settings

/// How a model is calibrated.
struct CalibrationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Tries the model on normal images: on so many at most, each that it has scored by the model without it, so that thresholds mean \
            something. none leaves it out.
            """, valueName: "N|none"))
    var calibrate = "\(CalibrationSettings.usualImages)"

    @Option(
        help: """
            Which images were taken together, and are left out of the model together as well: tenths (ten stretches of the list), folders \
            (those at the top of the list), or none.
            """)
    var lots = LotChoice.tenths

    /// Nil where the model is not to be calibrated.
    func settings() throws -> CalibrationSettings? {
        if calibrate == "none" { return nil }
        guard let images = Int(calibrate), (3...CalibrationSettings.mostImages).contains(images) else {
            throw ValidationError(
                "--calibrate takes none or a number of images from 3 to \(CalibrationSettings.mostImages), not '\(calibrate)'"
            )
        }
        return CalibrationSettings(images: images, lots: lots)
    }
}
