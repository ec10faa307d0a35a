import Imaging
import Journal

/// How a job's maps are written and coloured: the same for all of its images, chosen from the model before the first is scored, so that
/// neither the images' order nor the workers change a file.
public struct MapScaling: Codable, Equatable, Sendable {
    /// A `png16` sample is a distance times 2^exponent, unless that does not hold the map's largest.
    public let exponent: Int
    /// The distance, and those below it, that have the first colour.
    public let firstColor: Float
    /// The distance, and those above it, that have the last.
    public let lastColor: Float
    /// What the colours follow; nil where the model is not calibrated.
    public let normal: NormalDistances?

    // A normal image's map has a maximum of 4 to 9 times the typical distance (measured on solar cells, 30 to 413 images for 100
    // channels), a defective one's up to 10 times. A sample is then at most 1/2048 of the typical distance.
    private static let headroom = 16.0
    // A normal patch has a dark colour in most places, and a defect is still told from it.
    private static let colors: Float = 4
    // A threshold below the usual distance leaves a quarter of it to the lower half of the colours.
    private static let highestFirst: Float = 0.75

    /// - Parameters:
    ///   - typical: a normal patch's distance, as the model has it.
    ///   - normal: what normal images have by the model's calibration; nil where it has none.
    ///   - threshold: has the colour in the middle, where there is one.
    public init(typical: Double, normal: NormalDistances? = nil, threshold: Float?) {
        self.init(
            exponent: MapScale(holding: Float(typical * Self.headroom)).exponent, typical: typical, normal: normal,
            threshold: threshold.flatMap { $0 > 0 ? $0 : nil })
    }

    private init(exponent: Int, typical: Double, normal: NormalDistances?, threshold: Float?) {
        (self.exponent, self.normal) = (exponent, normal)
        if let normal, let middle = threshold ?? (normal.highest > 0 ? normal.highest : nil) {
            firstColor = min(normal.usual, middle * Self.highestFirst)
            lastColor = min(middle + (middle - firstColor), .greatestFiniteMagnitude)
        } else if let threshold {
            (firstColor, lastColor) = (threshold / 2, min(threshold * 1.5, .greatestFiniteMagnitude))
        } else {
            let first = min(Float(typical), .greatestFiniteMagnitude / Self.colors)
            (firstColor, lastColor) = (first, first * Self.colors)
        }
    }

    /// The same with a threshold in the middle of the colours; itself where the model is not calibrated, since the colours are one scale then
    /// for a job's whole life.
    func coloured(around threshold: Float) -> MapScaling {
        guard let normal, threshold > 0, threshold.isFinite else { return self }
        return MapScaling(exponent: exponent, typical: Double(firstColor), normal: normal, threshold: threshold)
    }

    /// The distances of the first and the last colour.
    public var colors: ClosedRange<Float> { range(centered: false) }

    /// What a journal says; a colour scale that makes no sense is one step.
    /// - Parameter centered: whether the maps have their image's mean subtracted. It is near the first colour's distance where an image is
    ///   normal.
    func range(centered: Bool) -> ClosedRange<Float> {
        let first = centered ? 0 : firstColor
        let last = centered ? lastColor - firstColor : lastColor
        return first <= last ? first...last : first...first
    }
}

extension JournalKey where Value == MapScaling {
    public static var mapScaling: Self { Self("map scaling") }
}
