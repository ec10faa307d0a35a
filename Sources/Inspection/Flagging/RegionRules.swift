/// Which regions of flagged images count, and how large they are on the part.
public struct RegionRules: Equatable, Sendable {
    /// The smallest region that counts.
    public enum MinimumArea: Equatable, Sendable {
        /// Of the image as it was read.
        case pixels(Int)
        case squareMillimetres(Double)
    }

    /// The side of a pixel of the image as it was read; nil where it is not known.
    public let millimetresPerPixel: Double?
    public let minimumArea: MinimumArea?

    public init(millimetresPerPixel: Double? = nil, minimumArea: MinimumArea? = nil) {
        (self.millimetresPerPixel, self.minimumArea) = (millimetresPerPixel, minimumArea)
    }

    /// In words, what is impossible about them; nil where nothing is.
    public var fault: String? {
        if let side = millimetresPerPixel, !(side > 0 && (side * side).isNormal) {
            return "a pixel's side must be a number of millimetres above 0, not \(side)"
        }
        switch minimumArea {
        case nil: return nil
        case .pixels(let pixels):
            return pixels > 0 ? nil : "the least area must be at least one pixel, not \(pixels)"
        case .squareMillimetres(let area):
            guard area > 0, area.isFinite else { return "the least area must be above 0, not \(area) mm2" }
            return millimetresPerPixel == nil
                ? "a least area in mm2 needs the side of a pixel in millimetres" : nil
        }
    }

    /// In mm2; nil where the size of a pixel is not known.
    func area(of region: ImageRegion) -> Double? {
        millimetresPerPixel.map { Double(region.area) * ($0 * $0) }
    }

    func counts(_ region: ImageRegion) -> Bool {
        switch minimumArea {
        case nil: true
        case .pixels(let least): region.area >= least
        // 100 pixels of 0.1 mm are a square millimetre, whatever the last bit of their product is.
        case .squareMillimetres(let least): (area(of: region) ?? 0) >= least * (1 - 1e-9)
        }
    }
}
