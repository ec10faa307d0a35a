import ArgumentParser
import Gaussian
import JobPlanning
import ObjectStores
import Settings
import Terminal

struct InspectOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The format of anomaly maps: png16 for 16-bit PNG with its scale in a text chunk, tiff or npy for the unchanged values, or none. \
            flagged keeps only the maps of flagged images, as png16; flagged:tiff and flagged:npy likewise.
            """, valueName: "format"))
    var maps = MapSelection(.png16)

    @Option(help: "The size of maps: that of the network's input, or that of the original image.")
    var mapSize = MapSize.input

    @Option(
        help:
            "Which images get an overlay, the map's colours over the image (default: flagged with a threshold or a false-alarm rate, else none)."
    )
    var overlays: OverlayChoice?

    @Option(
        help: ArgumentHelp(
            "How strongly the map's colours cover the image in overlays: 1 to 100 (default: 50).", valueName: "percent")
    )
    var overlayOpacity: Int?

    @Option(help: "Inspect the images of this split of the list (train, test, ...), or all (default: all but train).")
    var split: SplitSelection?

    @Option(help: "Flag images whose score is at least this.")
    var threshold: Float?

    @OptionGroup var falseAlarms: FalseAlarmOptions

    @Flag(
        help: """
            Compare images that are not flagged with the model, as padim drift does: whether they have changed as a whole, another exposure, \
            focus or camera, and where. Written are drift.json and drift.npy; drift is said, and does not change the exit status. Needs a \
            threshold or a false-alarm rate, and a calibrated model.
            """)
    var drift = false

    @Option(
        help: ArgumentHelp(
            "With --drift, compare at most so many images, a sample drawn by their names (default: \(usualDriftImages)).",
            valueName: "number"))
    var driftImages: Int?

    private static let usualDriftImages = 1_000

    @Flag(
        help: """
            Subtract from each map the mean distance of its image's patches. For looking, and for metrics of pixels: scores, flags and \
            overlays are of maps without this. Negative values are written as TIFF and NPY have them, and as 0 in PNG.
            """)
    var centerMaps = false

    @Flag(
        help: """
            End the inspection as soon as more images than --max-bad-images are unusable. Without this it scores all others, writes its \
            results, and then exits with 1.
            """)
    var failFast = false

    @Option(
        help: ArgumentHelp(
            """
            Put copies of maps, overlays, results.csv and the report into a bucket as well, as s3://results/today/, under the same names as \
            in the job's directory. Workers write the maps and overlays, and need credentials as the coordinator does. Objects of the same \
            names are replaced.
            """, valueName: "prefix"))
    var artifacts: String?

    func request(
        images: [String], model: String?, weights: String?, blurBorder: BlurBorder?, imageScore: ImageScore?
    ) throws -> InspectRequest {
        InspectRequest(
            images: images, split: split, model: model, weights: weights, settings: try settings(for: images),
            falseAlarms: falseAlarms.limit, blurBorder: blurBorder, imageScore: imageScore, failFast: failFast,
            drift: try driftSample())
    }

    private func driftSample() throws -> Int? {
        guard drift else {
            if driftImages != nil { throw ValidationError("--drift-images goes with --drift") }
            return nil
        }
        guard threshold != nil || falseAlarms.limit != nil else {
            throw ValidationError(
                "--drift needs a --threshold or a --false-alarm-rate: defective images, which would look like drift, are left out by their flags"
            )
        }
        let images = driftImages ?? Self.usualDriftImages
        guard (Self.fewestDriftImages...Self.mostDriftImages).contains(images) else {
            throw ValidationError(
                "--drift-images takes a number from \(Self.fewestDriftImages) to \(Self.mostDriftImages), not \(images)"
            )
        }
        return images
    }

    private static let fewestDriftImages = Int(Drift.fewestImages)
    private static let mostDriftImages = 1_000_000

    private func settings(for images: [String]) throws -> InspectionSettings {
        if threshold != nil, falseAlarms.limit != nil {
            throw ValidationError("--threshold and --false-alarm-rate both choose the threshold: give one of them")
        }
        let flags = threshold != nil || falseAlarms.limit != nil
        if let threshold, !threshold.isFinite { throw ValidationError("--threshold takes a finite number") }
        if maps.ofFlagged, !flags {
            throw ValidationError(
                "--maps \(maps) needs a --threshold or a --false-alarm-rate: without one no image is flagged, and no map would be kept"
            )
        }
        if centerMaps, maps.choice == .none { throw ValidationError("--center-maps needs maps: leave out --maps none") }
        if overlays == .flagged, !flags {
            throw ValidationError("--overlays flagged needs a --threshold or a --false-alarm-rate")
        }
        let settings = InspectionSettings(
            scoring: ScoreSettings(mapSize: mapSize, centersMaps: centerMaps), maps: maps.choice,
            keepsMapsOfFlaggedOnly: maps.ofFlagged, overlays: overlays ?? (flags ? .flagged : .none),
            overlayOpacity: overlayOpacity ?? InspectionSettings.usualOpacity, threshold: threshold,
            artifacts: try artifactPrefix(besides: images))
        if overlayOpacity != nil, settings.overlays == .none {
            throw ValidationError(
                "--overlay-opacity needs overlays: give --overlays all, a --threshold, or a --false-alarm-rate")
        }
        if let fault = settings.fault { throw ValidationError(fault) }
        return settings
    }

    private func artifactPrefix(besides images: [String]) throws -> String? {
        guard let artifacts else { return nil }
        guard ObjectAddress.isAddress(artifacts) else {
            throw ValidationError("--artifacts takes a prefix of a bucket, as s3://BUCKET/PREFIX/, not '\(artifacts)'")
        }
        do {
            let address = try ObjectAddress(artifacts.hasSuffix("/") ? artifacts : artifacts + "/")
            guard case .bucket = address else {
                throw ValidationError(
                    "--artifacts takes a prefix of a bucket, as s3://BUCKET/PREFIX/, not a web server")
            }
            // The next listing would take maps for images.
            for source in images {
                if let images = try? ObjectAddress(source), images.isPrefix,
                    address.text.utf8.starts(with: images.text.utf8)
                {
                    throw ValidationError(
                        "--artifacts \(address.text) lies below the images of \(images.text): maps would be listed among them the next time; give another prefix"
                    )
                }
            }
            return address.text
        } catch let error as ObjectAddressError {
            throw ValidationError("--artifacts \(error)")
        }
    }
}

extension MapSelection: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
    public var defaultValueDescription: String { description }
}
extension MapSize: ExpressibleByArgument {}
extension OverlayChoice: ExpressibleByArgument {}
extension SplitSelection: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
