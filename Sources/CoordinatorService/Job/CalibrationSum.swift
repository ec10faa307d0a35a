import Cluster
import Gaussian
import Journal
import PaDiM
import Settings

/// Puts a calibration together from what its shards gave. The order of the shards makes no difference.
struct CalibrationSum {
    private let rules: [ImageScore]
    /// By the journal's number of each lot, how many images of the model it has.
    private let lots: [Int: Int]
    private let order: [Int]
    /// By the journal's number of each lot, the model's: lots without an image in the model are not counted.
    private let numbers: [Int: Int]
    private var images: [Calibration.Image] = []
    private var squares: [Int64]
    private var lotMeans: [Int: [Double]]

    /// - Parameters:
    ///   - lots: how many images of the model each lot has; empty where no lots are left out.
    ///   - order: the lots in the order in which the model's images first have them, by which the model numbers them: images that were
    ///     taken out, or could not be read, make no difference.
    ///   - lotMeans: at each patch the squared distance of a lot's mean from the model without it, as far as it is known.
    init(rules: [ImageScore], patches: Int, lots: [Int: Int], order: [Int], lotMeans: [Int: [Double]]) {
        (self.rules, self.lots, self.order, self.lotMeans) = (rules, lots, order, lotMeans)
        numbers = Dictionary(order.enumerated().map { ($1, $0) }) { first, _ in first }
        squares = [Int64](repeating: 0, count: patches)
    }

    /// - Parameter found: the shard's images, in order.
    mutating func add(_ payload: CalibrationPayload, _ found: [JobImage]) throws {
        for (place, image) in found.enumerated() {
            guard let digest = image.record.digest else {
                throw JournalError.inconsistent("image \(image.id) of the calibration has no digest")
            }
            images.append(
                Calibration.Image(
                    digest: digest, lot: image.record.lot.flatMap { numbers[$0] }, scores: payload.scores[place],
                    lotScores: payload.lotScores?[place]))
        }
        for (patch, sum) in payload.sums.enumerated() {
            let (total, overflow) = squares[patch].addingReportingOverflow(sum)
            guard !overflow else {
                throw JournalError.inconsistent("the calibration's sums of distances are impossible")
            }
            squares[patch] = total
        }
        if let lot = found.first?.record.lot, let mean = payload.lotMean { lotMeans[lot] = mean }
    }

    /// - Parameter count: images of the model.
    /// - Returns: nil where nothing was added.
    func calibration(count: Int64) throws -> Calibration? {
        guard !images.isEmpty else { return nil }
        let means = squares.map { Double($0) / CalibrationShard.stepsOfSum / Double(images.count) }
        return try Calibration(
            rules: rules, images: images,
            lots: order.compactMap { lot in
                guard let size = lots[lot] else { return nil }
                return Calibration.Lot(
                    images: Int64(size),
                    drift: Self.drift(lotMeans[lot], of: size, count: count, meanSquares: means))
            }, meanSquares: means)
    }

    /// The mean over all positions of d^2 / ((1/n' + 1/g) t): 1 for a lot that does not differ. A lot without an image in the sample has 0.
    private static func drift(_ mean: [Double]?, of size: Int, count: Int64, meanSquares: [Double]) -> Double {
        guard let mean else { return 0 }
        let spread = 1 / (Double(count) - Double(size)) + 1 / Double(size)
        let ratios = Drift.ratios(of: mean, spread: spread, meanSquares: meanSquares, count: count)
        return ratios.reduce(0, +) / Double(ratios.count)
    }
}
