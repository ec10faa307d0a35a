import ArgumentParser
import Settings

/// How a model is calibrated.
struct CalibrationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Tries the model on normal images: on so many at most, each that it has scored by the model without it, so that thresholds mean \
            something. With none, `fit` and `run` do not calibrate it.
            """, valueName: "N|none"))
    var calibrate = "\(CalibrationSettings.usualImages)"

    @Option(
        help: ArgumentHelp(
            """
            Which images were taken together, and are left out of the model together as well: tenths (ten stretches of the list), folders \
            (those at the top of the list), or none (default: tenths). In a fit a lot of more than 200 images has sums of its own in the job's \
            directory. `calibrate` makes none: where a lot is larger, no lot is left out at all. Where those of all lots would take more than 16 GB, lots are left out only if this option or --lot-column is given.
            """, valueName: "tenths|folders|none"))
    var lots: LotChoice?

    @Option(
        help: ArgumentHelp(
            "The column of a list (or key of JSON lines) that says which images were taken together, in the place of --lots.",
            valueName: "NAME"))
    var lotColumn: String?

    /// Nil where the model is not to be calibrated.
    func settings() throws -> CalibrationSettings? {
        if calibrate == "none" { return nil }
        guard let images = Int(calibrate), (3...CalibrationSettings.mostImages).contains(images) else {
            throw ValidationError(
                "--calibrate takes none or a number of images from 3 to \(CalibrationSettings.mostImages), not '\(calibrate)'"
            )
        }
        guard lots == nil || lotColumn == nil else {
            throw ValidationError("--lots and --lot-column both say what lots are: give one of them")
        }
        return CalibrationSettings(
            images: images, lots: lotColumn.map(LotChoice.column) ?? lots ?? .tenths,
            areLotsAskedFor: lots != nil || lotColumn != nil)
    }
}
