import ArgumentParser
import JobPlanning

/// Which pixels of the images count.
struct RegionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            A mask of the images' size: only pixels where it is not black count, for scores, thresholds, regions of defects and metrics. A \
            fit puts it into the model, and inspections follow; one that is given to an inspection is for that alone, and narrows the model's.
            """, valueName: "mask"), completion: .file())
    var roi: String?

    @Option(
        help: ArgumentHelp("The same of a mask that is white where pixels do not count.", valueName: "mask"),
        completion: .file())
    var ignore: String?

    func validate() throws {
        guard roi == nil || ignore == nil else {
            throw ValidationError("--roi and --ignore both say what counts: give one of them")
        }
    }

    /// Nil: all pixels count.
    var request: RegionRequest? {
        roi.map { RegionRequest(mask: $0, isIgnored: false) } ?? ignore.map { RegionRequest(mask: $0, isIgnored: true) }
    }
}
