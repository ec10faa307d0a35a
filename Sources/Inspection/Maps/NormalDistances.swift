import Gaussian

/// The distances that normal images have in maps of models without them, as a model's calibration says. Overlays of good parts stay dark
/// over this range, whatever the number of images in the fit.
public struct NormalDistances: Codable, Equatable, Sendable {
    /// That of a patch in most places: the median over the positions of the root of the mean squared distance.
    public let usual: Float
    /// The maps of 95 of 100 normal images have no higher distance.
    public let highest: Float

    public init(usual: Float, highest: Float) { (self.usual, self.highest) = (usual, highest) }

    /// - Parameter calibration: where it has no maxima of maps, the scores that it has stand for them.
    public init(_ calibration: Calibration) {
        let squares = calibration.meanSquares.sorted()
        usual = Float(squares[squares.count / 2].squareRoot())
        let maxima = (calibration.scores(.max) ?? calibration.images.map { $0.scores[0] }).sorted()
        // The rank of 95 %, rounded up.
        highest = maxima[(19 * maxima.count + 19) / 20 - 1]
    }
}
