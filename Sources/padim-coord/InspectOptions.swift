import ArgumentParser
import CoordinatorService
import PaDiM
import Settings

struct InspectOptions: ParsableArguments {
    enum Maps: String, ExpressibleByArgument, CaseIterable { case png16, tiff, npy, none }
    enum MapSize: String, ExpressibleByArgument, CaseIterable { case input, original }
    enum Overlays: String, ExpressibleByArgument, CaseIterable { case all, flagged, none }

    @Option(help: "How anomaly maps are written: 16-bit PNG, which says its scale in a text chunk, or the very values.")
    var maps = Maps.png16

    @Option(help: "Maps as large as the network's input, or as the original image.")
    var mapSize = MapSize.input

    @Option(
        help:
            "Which images get an overlay: the map's colours over the image (default: flagged, where a threshold is given)."
    )
    var overlays: Overlays?

    @Option(help: "Inspect the images of this split of the list (train, test, ...), or all (default: all but train).")
    var split: String?

    @Option(help: "Images with at least this score are flagged.")
    var threshold: Float?

    @Option(help: "max, or top:PCT for the mean of that share of the map's highest pixels.")
    var imageScore = "max"

    @Flag(
        help: """
            End the inspection as soon as more images than --max-bad-images cannot be used. As it comes, it goes on to the end, \
            writes its results, and only then exits with 1.
            """)
    var failFast = false

    func request(
        images: [String], model: String?, weights: String?, blurBorder: BlurBorder?
    ) throws -> InspectRequest {
        if let threshold, !threshold.isFinite { throw ValidationError("--threshold takes a finite number") }
        if overlays == .flagged, threshold == nil { throw ValidationError("--overlays flagged needs a --threshold") }
        let chosen = overlays ?? (threshold == nil ? .none : .flagged)
        return InspectRequest(
            images: images, split: split, model: model, weights: weights, maps: maps.rawValue,
            mapSize: mapSize.rawValue,
            overlays: chosen.rawValue, threshold: threshold, imageScore: try score(),
            blurBorder: blurBorder, failFast: failFast)
    }

    private func score() throws -> ImageScore {
        do { return try ImageScore(imageScore) } catch { throw ValidationError("--image-score: \(error)") }
    }
}
