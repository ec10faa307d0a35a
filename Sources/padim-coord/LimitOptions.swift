import ArgumentParser
import Terminal

/// How work is cut up, and how long is waited for what.
struct LimitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How many images a worker is given at a time (default: 64; 16 for a list of 20,000 images and more, above 400,000 a 25,000th of it, up to 64).",
            valueName: "images"))
    var shardSize: Int?

    @Option(
        help: ArgumentHelp(
            "Save a worker's sums to disk after this many images, if they were not saved before. Without it they are saved by time: after 10 minutes at the latest, sooner where saving is quick or workers die often.",
            valueName: "images"))
    var checkpointImages: Int?

    @Option(help: ArgumentHelp("The percentage of unusable images above which the job fails.", valueName: "percent"))
    var maxBadImages = Percentage(1)

    @Option(help: ArgumentHelp("After how long without a worker the job fails.", valueName: "seconds"))
    var workerTimeout = 600

    @Option(
        help: ArgumentHelp(
            "After how long without a message a worker counts as dead and others get its work.",
            valueName: "seconds"))
    var workerDeadline = 10

    @Option(
        help: ArgumentHelp(
            "After how long a worker is given up that sends heartbeats but finishes nothing, because an image or a disk blocks it.",
            valueName: "seconds"))
    var shardDeadline = 1_800
}
