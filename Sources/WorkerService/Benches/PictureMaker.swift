import Cluster
import Gaussian
import Imaging
import PaDiM
import Settings

/// Why an image has no overlay though its score was found: it could not be read once more, or has changed in between.
struct OverlayFailure: Error {
    /// The image's, as it is reported.
    let reason: String
}

/// Encodes the maps and overlays that the order asks for.
struct PictureMaker: Sendable {
    private let encoding: MapEncoding?
    private let scale: MapScale
    private let overlays: String
    private let range: ClosedRange<Float>
    private let preprocessing: Preprocessing
    private let size: MapSize

    /// - Throws: `LabourError` for an encoding that this worker does not know.
    init(order: InspectionOrder, space: FeatureSpace, size: MapSize) throws {
        encoding = MapEncoding(rawValue: order.maps)
        guard encoding != nil || order.maps == "none" else {
            throw LabourError("maps of the form '\(order.maps)' are not known here")
        }
        guard let scale = MapScale(exponent: order.mapScaleExponent) else {
            throw LabourError("maps of a scale of 2^\(order.mapScaleExponent) are not known here")
        }
        self.scale = scale
        guard order.firstColor.isFinite, order.lastColor.isFinite, order.firstColor <= order.lastColor else {
            throw LabourError("colours from \(order.firstColor) to \(order.lastColor) are no scale")
        }
        range = order.firstColor...order.lastColor
        overlays = order.overlays
        preprocessing = try Preprocessing(space.input)
        self.size = size
    }

    /// - Throws: `OverlayFailure` where the fault is the image's; `ImageError` where there is no memory.
    func make(of scored: ScoredImage, _ task: ImageTask, flagged: Bool) throws -> [(Picture, [UInt8])] {
        var made: [(Picture, [UInt8])] = []
        if let encoding { made.append((.map, try encoding.encode(scored.map, scale: scale))) }
        if overlays == "all" || overlays == "flagged" && flagged {
            let overlay: RGBImage
            do {
                overlay = try self.overlay(scored, task)
            } catch let error as ImageError {
                throw OverlayFailure(reason: "no overlay, on reading the image again: \(error)")
            }
            made.append((.overlay, try PNGEncoder.encode(overlay)))
        }
        return made
    }

    private func overlay(_ scored: ScoredImage, _ task: ImageTask) throws -> RGBImage {
        // Read once more: few images have overlays, and none is kept in memory for the others.
        let original = try ImageDecoder.decode(file: task.file, whiteLevel: preprocessing.whiteLevel)
        let image = size == .original ? original : try preprocessing.picture(of: original)
        return try Overlay.render(image: image, map: scored.map, range: range)
    }
}
