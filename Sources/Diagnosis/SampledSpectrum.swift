import Gaussian

/// The spectra of a model's covariances at some of its positions, evenly spread.
public struct SampledSpectrum: Encodable, Equatable, Sendable {
    /// The lowest, the middle and the highest of the positions' values.
    public struct Range: Encodable, Equatable, Sendable {
        public let lowest: Double
        public let median: Double
        public let highest: Double

        /// - Parameter values: at least one.
        init(_ values: [Double]) {
            let ascending = values.sorted()
            assert(!ascending.isEmpty)
            lowest = ascending.first ?? 0
            median = ascending.isEmpty ? 0 : ascending[(ascending.count - 1) / 2]
            highest = ascending.last ?? 0
        }
    }

    /// Which positions, counted row by row.
    public let positions: [Int]
    public let condition: Range
    public let effectiveRank: Range
    /// The share of eigenvalues below twice epsilon.
    public let shareOfEpsilon: Range
    /// Channels that have no variance but epsilon at any of the positions, as the layers count them.
    public let deadChannels: [Int]

    private static let mostPositions = 16
    /// Eigenvalues take some d^3 operations: of models with many channels fewer positions are looked at.
    private static let mostOperations = 16 * 600 * 600 * 600
    private static let fewestPositions = 2

    /// - Throws: `GaussianError`; `DiagnosisError` where LAPACK does not come to an end.
    public init(of model: GaussianModel) throws {
        let (dimension, epsilon) = (model.space.dimension, model.settings.epsilon)
        let cube = max(dimension * dimension * dimension, 1)
        let wanted = min(max(Self.mostOperations / cube, Self.fewestPositions), Self.mostPositions, model.space.patches)
        positions = (0..<wanted).map { (2 * $0 + 1) * model.space.patches / (2 * wanted) }
        let spectra = try positions.map { position in
            try model.withParameters(patches: position..<position + 1) { _, whitening in
                try CovarianceSpectrum(
                    whitening: UnsafeBufferPointer(start: whitening, count: dimension * (dimension + 1) / 2),
                    dimension: dimension)
            }
        }
        condition = Range(spectra.map(\.condition))
        effectiveRank = Range(spectra.map(\.effectiveRank))
        shareOfEpsilon = Range(spectra.map { $0.shareOfEpsilon(epsilon) })
        // W is rounded to Float32; a thousandth of epsilon is no variance either.
        deadChannels = model.space.channels.enumerated().filter { place, _ in
            spectra.allSatisfy { $0.variances[place] <= 1.001 * epsilon }
        }.map(\.element)
    }
}
