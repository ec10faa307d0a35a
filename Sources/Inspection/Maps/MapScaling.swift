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

    // A normal image's map has a maximum of 4 to 9 times the typical distance (measured on solar cells, 30 to 413 images for 100
    // channels), a defective one's up to 10 times. A sample is then at most 1/2048 of the typical distance.
    private static let headroom = 16.0
    // A normal patch has a dark colour in most places, and a defect is still told from it.
    private static let colors: Float = 4

    /// - Parameters:
    ///   - typical: a normal patch's distance, as the model has it.
    ///   - threshold: has the colour in the middle, where there is one.
    public init(typical: Double, threshold: Float?) {
        exponent = MapScale(holding: Float(typical * Self.headroom)).exponent
        if let threshold, threshold > 0 {
            (firstColor, lastColor) = (threshold / 2, min(threshold * 1.5, .greatestFiniteMagnitude))
        } else {
            let first = min(Float(typical), .greatestFiniteMagnitude / Self.colors)
            (firstColor, lastColor) = (first, first * Self.colors)
        }
    }

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
