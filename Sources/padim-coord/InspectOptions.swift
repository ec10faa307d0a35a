import ArgumentParser
import Gaussian
import JobPlanning
import ObjectStores
import Settings
import Terminal

struct InspectOptions: ParsableArguments {

    @OptionGroup(title: HelpSection.images) var selection: InspectSelection
    @OptionGroup(title: HelpSection.thresholds) var thresholds: ThresholdOptions
    @OptionGroup(title: HelpSection.maps) var pictures: MapOptions

    // In the order of the help, the other limits follow.
    @OptionGroup(title: HelpSection.limits) var ending: EndingOptions

    static let usualDriftImages = 1_000

    func request(
        images: [String], model: String?, weights: String?, blurBorder: BlurBorder?, imageScore: ImageScore?
    ) throws -> InspectRequest {
        InspectRequest(
            images: images, split: selection.split, model: model, weights: weights, settings: try settings(for: images),
            falseAlarms: thresholds.falseAlarms.limit, blurBorder: blurBorder, imageScore: imageScore,
            failFast: ending.failFast,
            drift: try driftSample())
    }

    private func driftSample() throws -> Int? {
        guard thresholds.drift else {
            if thresholds.driftImages != nil { throw ValidationError("--drift-images goes with --drift") }
            return nil
        }
        guard thresholds.threshold != nil || thresholds.falseAlarms.limit != nil else {
            throw ValidationError(
                "--drift needs a --threshold or a --false-alarm-rate: defective images, which would look like drift, are left out by their flags"
            )
        }
        let images = thresholds.driftImages ?? Self.usualDriftImages
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
        if thresholds.threshold != nil, thresholds.falseAlarms.limit != nil {
            throw ValidationError("--threshold and --false-alarm-rate both choose the threshold: give one of them")
        }
        let flags = thresholds.threshold != nil || thresholds.falseAlarms.limit != nil
        if let threshold = thresholds.threshold, !threshold.isFinite {
            throw ValidationError("--threshold takes a finite number")
        }
        if pictures.maps.ofFlagged, !flags {
            throw ValidationError(
                "--maps \(pictures.maps) needs a --threshold or a --false-alarm-rate: without one no image is flagged, and no map would be kept"
            )
        }
        if pictures.centerMaps, pictures.maps.choice == .none {
            throw ValidationError("--center-maps needs maps: leave out --maps none")
        }
        if pictures.overlays == .flagged, !flags {
            throw ValidationError("--overlays flagged needs a --threshold or a --false-alarm-rate")
        }
        let settings = InspectionSettings(
            scoring: ScoreSettings(mapSize: pictures.mapSize, centersMaps: pictures.centerMaps),
            maps: pictures.maps.choice,
            keepsMapsOfFlaggedOnly: pictures.maps.ofFlagged, overlays: pictures.overlays ?? (flags ? .flagged : .none),
            overlayOpacity: pictures.overlayOpacity ?? InspectionSettings.usualOpacity, threshold: thresholds.threshold,
            artifacts: try artifactPrefix(besides: images))
        if pictures.overlayOpacity != nil, settings.overlays == .none {
            throw ValidationError(
                "--overlay-opacity needs overlays: give --overlays all, a --threshold, or a --false-alarm-rate")
        }
        if let fault = settings.fault { throw ValidationError(fault) }
        return settings
    }

    private func artifactPrefix(besides images: [String]) throws -> String? {
        guard let artifacts = pictures.artifacts else { return nil }
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
