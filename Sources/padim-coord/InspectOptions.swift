import ArgumentParser
import CoordinatorService
import Settings

struct InspectOptions: ParsableArguments {
    @Option(help: "How anomaly maps are written: 16-bit PNG, which says its scale in a text chunk, or the very values.")
    var maps = MapChoice.png16

    @Option(help: "Maps as large as the network's input, or as the original image.")
    var mapSize = MapSize.input

    @Option(
        help:
            "Which images get an overlay: the map's colours over the image (default: flagged, where a threshold is given)."
    )
    var overlays: OverlayChoice?

    @Option(help: "Inspect the images of this split of the list (train, test, ...), or all (default: all but train).")
    var split: String?

    @Option(help: "Images with at least this score are flagged.")
    var threshold: Float?

    @Option(
        help: "max, or top:PCT for the mean of that share of the map's highest pixels (default: max).",
        transform: { text in
            guard let score = ImageScore(text) else {
                throw ValidationError("it is max, or top:PCT with 0 < PCT <= 100")
            }
            return score
        })
    var imageScore = ImageScore.max

    @Flag(
        help: """
            End the inspection as soon as more images than --max-bad-images cannot be used. As it comes, it goes on to the end, \
            writes its results, and only then exits with 1.
            """)
    var failFast = false

    func request(
        images: [String], model: String?, weights: String?, blurBorder: BlurBorder?
    ) throws -> InspectRequest {
        InspectRequest(
            images: images, split: split, model: model, weights: weights, settings: try settings(),
            blurBorder: blurBorder, failFast: failFast)
    }

    private func settings() throws -> InspectionSettings {
        if let threshold, !threshold.isFinite { throw ValidationError("--threshold takes a finite number") }
        if overlays == .flagged, threshold == nil { throw ValidationError("--overlays flagged needs a --threshold") }
        let settings = InspectionSettings(
            scoring: ScoreSettings(imageScore: imageScore, mapSize: mapSize), maps: maps,
            overlays: overlays ?? (threshold == nil ? .none : .flagged), threshold: threshold)
        if let fault = settings.fault { throw ValidationError(fault) }
        return settings
    }
}

extension MapChoice: ExpressibleByArgument {}
extension MapSize: ExpressibleByArgument {}
extension OverlayChoice: ExpressibleByArgument {}
