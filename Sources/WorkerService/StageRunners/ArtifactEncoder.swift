import Cluster
import Gaussian
import ImageAccess
import Imaging
import PaDiM
import Settings

/// Why an image has no overlay though its score was found: it could not be read once more, or has changed in between.
struct OverlayFailure: Error {
    /// The image's, as it is reported.
    let reason: String
}

/// Encodes the maps and overlays that the order asks for.
struct ArtifactEncoder: Sendable {
    private let order: InspectionOrder
    private let scale: MapScale
    private let range: ClosedRange<Float>
    private let preprocessing: Preprocessing
    private let reader: ImageReader

    /// - Throws: `StageError` for scales that make no sense.
    init(order: InspectionOrder, space: FeatureSpace, reader: ImageReader) throws {
        (self.order, self.reader) = (order, reader)
        guard let scale = MapScale(exponent: order.mapScaleExponent) else {
            throw StageError("maps of a scale of 2^\(order.mapScaleExponent) are not known here")
        }
        self.scale = scale
        guard order.firstColor.isFinite, order.lastColor.isFinite, order.firstColor <= order.lastColor else {
            throw StageError("colours from \(order.firstColor) to \(order.lastColor) are no scale")
        }
        range = order.firstColor...order.lastColor
        preprocessing = try Preprocessing(space.input)
    }

    /// - Throws: `OverlayFailure` where the fault is the image's; `ImageError` where there is no memory.
    func encode(of scored: ScoredImage, _ task: ImageTask, flagged: Bool) throws -> [(Artifact, [UInt8])] {
        try order.artifacts(flagged: flagged).compactMap { kind in
            switch kind {
            case .map:
                try order.settings.maps.format.map {
                    (kind, try $0.encode(scored.centeredMap ?? scored.map, scale: scale))
                }
            case .overlay: (kind, try PNGEncoder.encode(overlay(scored, task)))
            }
        }
    }

    private func overlay(_ scored: ScoredImage, _ task: ImageTask) throws -> RGBImage {
        do {
            // Read once more: few images have overlays, and none is kept in memory for the others.
            let original = try preprocessing.original(task.location, by: reader)
            let image = order.settings.scoring.mapSize == .original ? original : try preprocessing.picture(of: original)
            return try Overlay.render(
                image: image, map: scored.map, range: range, opacity: Float(order.settings.overlayOpacity) / 100)
        } catch let error as ImageError {
            throw OverlayFailure(reason: "no overlay, on reading the image again: \(error)")
        }
    }
}
