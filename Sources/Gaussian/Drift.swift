import CKernels

/// How far the mean of a batch of normal images is from a model's mean, compared with what chance alone explains.
///
/// At each position the squared distance |W (m_b - mean)|^2 of the batch's mean is divided by what it is on average for a batch of the images
/// that the model is of: (1/n + 1/m) t, for n images of the model, m of the batch, and t the mean squared distance of one image. t is (n-1)/n
/// of what the calibration has: the mean squared distance of an image from the model without it. The mean over all positions is about 1
/// where nothing has changed.
///
/// Images that are taken on another day differ a little anyhow, and the larger a batch is, the more of this shows. So the measure is the
/// fit's own lots, each left out of the model: what they would have in a batch of this size.
public struct Drift: Equatable, Sendable {
    /// One of the fit's own lots.
    public struct Lot: Codable, Equatable, Sendable {
        /// Counted from 0, in the calibration's order.
        public let lot: Int
        public let images: Int64
        /// Against the model without the lot.
        public let drift: Double
        /// The same, if the lot had as many images as the batch and the model all of its own: what is above 1 grows with 1 / (1/n + 1/m).
        public let inBatch: Double
    }

    /// Images in the batch.
    public let images: Int64
    /// Images in the model.
    public let modelImages: Int64
    /// The mean of the ratios: about 1 where nothing has changed.
    public let value: Double
    /// At each position the squared distance beside what is usual; 0 where the model's images do not differ at all.
    public let ratios: [Double]
    /// The fit's own lots, those farthest from the others first. Empty where the calibration knows none.
    public let lots: [Lot]

    /// Batches that were drawn at random from the images of the fit had 1 with a standard deviation of at most 0.05: five of these.
    public static let floor = 1.25
    /// Fewer images say too little.
    public static let fewestImages: Int64 = 20

    /// Above this the batch differs more than the fit's own lots do, and more than chance explains.
    public var limit: Double { max(Self.floor, lots.first?.inBatch ?? 0) }
    public var isDrift: Bool { value > limit }

    /// - Parameters:
    ///   - squares: at each position the squared distance of the batch's mean from the model.
    ///   - images: in the batch.
    ///   - count: images of the model.
    public init(squares: [Double], images: Int64, count: Int64, calibration: Calibration) {
        assert(squares.count == calibration.meanSquares.count && images > 0 && count > 1)
        let n = Double(count)
        let spread = 1 / n + 1 / Double(images)
        ratios = Self.ratios(of: squares, spread: spread, meanSquares: calibration.meanSquares, count: count)
        value = ratios.reduce(0, +) / Double(ratios.count)
        (self.images, modelImages) = (images, count)
        // A lot of which no image was scored has no drift, and one that is the whole model has nothing to be left out of.
        lots = calibration.lots.enumerated().filter { $1.drift > 0 && $1.images < count }.map { number, lot in
            let own = 1 / (n - Double(lot.images)) + 1 / Double(lot.images)
            return Lot(
                lot: number, images: lot.images, drift: lot.drift, inBatch: 1 + max(lot.drift - 1, 0) * own / spread)
        }.sorted { ($0.inBatch, $1.lot) > ($1.inBatch, $0.lot) }
    }
}

extension Drift {
    /// At each position the squared distance of a mean of images, divided by what chance gives on average; 0 where the model's images do
    /// not differ at all.
    /// - Parameters:
    ///   - spread: 1/n + 1/m, where the mean is of m images and the model that it is compared with of n.
    ///   - meanSquares: at each position the mean squared distance of an image from the model without it.
    ///   - count: images of the model that `meanSquares` belongs to.
    public static func ratios(
        of squares: [Double], spread: Double, meanSquares: [Double], count: Int64
    ) -> [Double] {
        let n = Double(count)
        return zip(squares, meanSquares).map { square, usual in
            usual > 0 ? square / (spread * usual * (n - 1) / n) : 0
        }
    }

    /// Compares the images of a file of statistics with a model. The batch may have more channels than the model.
    /// - Throws: as `obstacle` says; `GaussianError` where the file is damaged.
    public init(of batch: StatisticsFile, from model: GaussianModel) throws {
        if let obstacle = Self.obstacle(to: batch.header, model) { throw GaussianError(batch.path, obstacle) }
        guard let calibration = model.calibration else { throw GaussianError(model.path, "has no calibration") }
        self.init(
            squares: try Self.squares(of: batch, from: model), images: batch.header.count, count: model.count,
            calibration: calibration)
    }

    /// At each position the squared distance of the mean of a batch of images from a model. The batch may have more channels than the model.
    /// - Throws: `GaussianError` where the file is damaged, has no images, or lacks a channel.
    public static func squares(of batch: StatisticsFile, from model: GaussianModel) throws -> [Double] {
        let (space, count) = (model.space, batch.header.samples)
        guard count > 0 else { throw GaussianError(batch.path, "has no images") }
        let places = try batch.header.space.places(of: space.channels)
        let steps = space.grid.steps.map(Double.init)
        let (dimension, words) = (space.dimension, statistics_record_words(batch.header.space.dimension))
        var squares: [Double] = []
        squares.reserveCapacity(space.patches)
        for first in stride(from: 0, to: space.patches, by: RecordChecks.together) {
            let patches = first..<min(first + RecordChecks.together, space.patches)
            try batch.withRecords(patches: patches) { records in
                try model.withParameters(patches: patches) { means, whitening in
                    for number in 0..<patches.count {
                        let sums = records + number * words
                        let mean = means + number * dimension
                        let difference = (0..<dimension).map { channel in
                            Double(sums[places[channel]]) / Double(count) * steps[channel] - Double(mean[channel])
                        }
                        squares.append(
                            square(difference, whitening + number * ModelFormat.packed(dimension)))
                    }
                }
            }
        }
        return squares
    }

    /// In words, why no batch can be compared with a model; nil where some can.
    public static func obstacle(of model: GaussianModel) -> String? {
        guard model.calibration == nil else { return nil }
        return
            "\(model.path) has no calibration to compare a batch with: padim-coord calibrate calibrates it by its sums and images; or fit "
            + "it again without --calibrate none"
    }

    /// In words, why a batch cannot be compared with a model; nil where it can.
    public static func obstacle(to batch: StatisticsHeader, _ model: GaussianModel) -> String? {
        if let obstacle = obstacle(of: model) { return obstacle }
        let space = (try? batch.space.keeping(model.space.channels)) ?? batch.space
        let differences = model.space.differences(from: space)
        guard differences.isEmpty else {
            return
                "is of another feature space than \(model.path): they differ in \(differences.joined(separator: ", ")); fit the batch with the model's settings"
        }
        guard batch.count >= fewestImages else {
            return "\(batch.count) images are too few to tell drift from chance: give at least \(fewestImages)"
        }
        return nil
    }

    /// |W y|^2 for a packed lower triangle W.
    private static func square(_ y: [Double], _ whitening: UnsafePointer<Float>) -> Double {
        var (total, row) = (0.0, whitening)
        for i in y.indices {
            var sum = 0.0
            for j in 0...i { sum += Double(row[j]) * y[j] }
            total += sum * sum
            row += i + 1
        }
        return total
    }
}
