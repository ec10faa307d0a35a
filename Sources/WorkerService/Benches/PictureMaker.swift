import Cluster
import Gaussian
import Imaging
import PaDiM

/// Encodes the maps and overlays that the order asks for.
struct PictureMaker: Sendable {
    private let encoding: MapEncoding?
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
        overlays = order.overlays
        preprocessing = try Preprocessing(space)
        self.size = size
        range = Self.range(dimension: space.dimension, threshold: order.threshold)
    }

    /// Distances from the first colour to the last: the same for all images, so that they can be compared.
    ///
    /// The distance of a normal patch follows a chi distribution of as many degrees of freedom as there are channels; its
    /// mean is about their number's square root. With a threshold, its colour is the middle one.
    private static func range(dimension: Int, threshold: Float?) -> ClosedRange<Float> {
        if let threshold, threshold > 0 { return threshold / 2...threshold * 1.5 }
        let usual = Float(dimension).squareRoot()
        return usual...usual * 4
    }

    func make(of scored: ScoredImage, _ task: ImageTask, flagged: Bool) throws -> [(Picture, [UInt8])] {
        var made: [(Picture, [UInt8])] = []
        if let encoding { made.append((.map, try encoding.encode(scored.map))) }
        if overlays == "all" || overlays == "flagged" && flagged {
            made.append((.overlay, try PNGEncoder.encode(overlay(scored, task))))
        }
        return made
    }

    private func overlay(_ scored: ScoredImage, _ task: ImageTask) throws -> RGBImage {
        // Read once more: few images have overlays, and none is kept in memory for the others.
        let original = try ImageDecoder.decode(file: task.file, whiteLevel: preprocessing.whiteLevel)
        let image =
            size == .original
            ? original
            : RGBImage(
                width: preprocessing.inputWidth, height: preprocessing.inputHeight,
                pixels: try preprocessing.prepare(original))
        return try Overlay.render(image: image, map: scored.map, range: range)
    }
}
