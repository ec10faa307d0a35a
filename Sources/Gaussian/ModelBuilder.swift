import Compute
import Foundation
import Settings
import Storage
import Tensors

/// Makes a model of statistics: the mean, and the inverse of the covariance's Cholesky factor, of every patch.
public enum ModelBuilder {
    /// Patches that a thread takes at a time, where they are small: whole calls of the kernel, whose width divides 8.
    private static let mostPatches = 16
    private static let fewestPatches = 8
    private static let blockBytes = 4 << 20

    /// Reads statistics a block of patches at a time and writes the model beside. The same statistics, settings and channels give the
    /// same bytes, whatever the number of threads, and on all instruction sets with fused multiply-add (all but the baseline).
    /// With shrinkage the statistics are read twice.
    /// - Parameters:
    ///   - channels: those to keep, as the space counts them; nil: all that the statistics have. The model has the bytes of one whose
    ///     images were fitted with these channels.
    ///   - target: the statistics whose pooled covariance shrinkage draws towards, of the same space; nil: those that the model is made of.
    ///   - crew: its threads share out the patches.
    ///   - syncing: whether the file is to survive a power cut.
    /// - Returns: the digest of the file at `path`.
    /// - Throws: `CovarianceFault` where a covariance is not positive definite; `GaussianError` where there are fewer than two
    ///   images, a setting is impossible, the statistics lack a channel or are damaged; `StorageError`, `OutOfMemory`. No file is left at
    ///   `path` then.
    @discardableResult
    public static func build(
        from statistics: StatisticsFile, _ settings: ModelSettings, channels: [Int]? = nil, to path: String,
        towards target: StatisticsFile? = nil, crew: ThreadCrew, instructionSet: InstructionSet = .best,
        syncing: Bool = true
    ) throws -> Digest {
        let header = try header(statistics, settings, channels)
        let writer = try ModelWriter(path: path, header: header)
        try invert(statistics, header, channels, towards: target, crew, instructionSet, writer.write)
        return try writer.commit(crew, syncing: syncing)
    }

    /// Whether a model is the one that follows from statistics with the model's own settings and channels, but for its calibration. Nothing
    /// is written.
    /// - Returns: the first patch at which the numbers are others; nil where there is none.
    /// - Throws: as `build`; `GaussianError` where the feature spaces or the counts differ.
    public static func firstDifference(
        of model: GaussianModel, from statistics: StatisticsFile, crew: ThreadCrew,
        instructionSet: InstructionSet = .best
    ) throws -> Int? {
        let channels = model.space.channels == statistics.header.space.channels ? nil : model.space.channels
        let header = try header(statistics, model.settings, channels)
        let differences = model.space.differences(from: header.space)
        guard differences.isEmpty else {
            throw GaussianError(
                model.path,
                "is of another feature space than \(statistics.path): \(differences.joined(separator: ", "))")
        }
        guard model.count == header.count, model.samples == header.samples else {
            throw GaussianError(
                model.path, "is of \(model.count) images, and \(statistics.path) of \(header.count)")
        }
        let first = Locked<Int?>(nil)
        try invert(statistics, header, channels, crew, instructionSet) { means, whitening, patches in
            let (dimension, packed) = (header.space.dimension, ModelFormat.packed(header.space.dimension))
            try model.withParameters(patches: patches) { modelMeans, modelWhitening in
                let other = (0..<patches.count).first { number in
                    memcmp(means + number * dimension, modelMeans + number * dimension, 4 * dimension) != 0
                        || memcmp(whitening + number * packed, modelWhitening + number * packed, 4 * packed) != 0
                }
                guard let other else { return }
                first.withLock { $0 = min($0 ?? .max, patches.lowerBound + other) }
            }
        }
        return first.withLock { $0 }
    }

    /// Patches that a thread takes at a time.
    /// - Parameter packed: numbers in a whitening matrix.
    static func blockPatches(packed: Int) -> Int {
        blockBytes / (packed * 4) < mostPatches ? fewestPatches : mostPatches
    }

    private static func header(
        _ statistics: StatisticsFile, _ settings: ModelSettings, _ channels: [Int]?
    ) throws -> ModelHeader {
        let source = statistics.header
        let space = try channels.map { try source.space.keeping($0) } ?? source.space
        return try ModelHeader(space: space, count: source.count, samples: source.samples, settings: settings)
    }

    /// Means and whitening matrices of some patches, one after the other.
    fileprivate typealias Parameters =
        @Sendable (
            _ means: UnsafePointer<Float>, _ whitening: UnsafePointer<Float>, _ patches: Range<Int>
        ) throws -> Void

    private static func invert(
        _ statistics: StatisticsFile, _ header: ModelHeader, _ channels: [Int]?,
        towards target: StatisticsFile? = nil, _ crew: ThreadCrew, _ instructionSet: InstructionSet,
        _ take: @escaping Parameters
    ) throws {
        let space = header.space
        let places = try channels.map { _ in try statistics.header.space.places(of: space.channels) }
        let patches = space.patches
        let packed = ModelFormat.packed(space.dimension)
        let block = blockPatches(packed: packed)
        let readers = try (0..<crew.threads).map { _ in
            try SelectedRecords(statistics, places: places, patches: block)
        }
        let shrinkage = try header.settings.shrinkage.pooledImages.map { images in
            let ofTarget = try target.map { target in
                try readers.map { _ in try SelectedRecords(target, places: places, patches: block) }
            }
            return try PooledCovariance(
                header, images: images, readers: ofTarget ?? readers, count: target?.header.samples ?? header.samples,
                block: block, crew: crew)
        }
        let workers = try readers.map {
            try BlockInversion(header, block, instructionSet, shrinkage, reader: $0, path: statistics.path)
        }
        try crew.forEach((patches + block - 1) / block) { index, thread in
            let range = index * block..<min((index + 1) * block, patches)
            try workers[thread].invert(range, take)
        }
    }

    /// The same with usual settings but for epsilon, and all channels.
    @discardableResult
    public static func build(
        from statistics: StatisticsFile, epsilon: Double, to path: String, crew: ThreadCrew,
        instructionSet: InstructionSet = .best
    ) throws -> Digest {
        try build(
            from: statistics, ModelSettings(epsilon: epsilon), to: path, crew: crew, instructionSet: instructionSet)
    }
}

/// One thread's share of a build: its workspace and its block of results. Used by one thread at a time.
private final class BlockInversion: @unchecked Sendable {
    private let inversion: Whitening
    private let mean: AlignedBuffer<Float>
    private let whitening: AlignedBuffer<Float>
    private let header: ModelHeader
    private let reader: SelectedRecords
    private let path: String

    init(
        _ header: ModelHeader, _ patches: Int, _ set: InstructionSet, _ shrinkage: PooledCovariance?,
        reader: SelectedRecords, path: String
    ) throws {
        inversion = try Whitening(header, set, shrinkage: shrinkage)
        mean = try AlignedBuffer(zeros: patches * header.space.dimension)
        whitening = try AlignedBuffer(zeros: patches * ModelFormat.packed(header.space.dimension))
        (self.header, self.reader, self.path) = (header, reader, path)
    }

    func invert(_ patches: Range<Int>, _ take: ModelBuilder.Parameters) throws {
        do {
            try reader.withRecords(patches: patches) {
                try inversion.invert($0, patches: patches.count, means: mean.pointer, whitening: whitening.pointer)
            }
        } catch let failure as Whitening.Failure {
            throw failure.explained(header, first: patches.lowerBound, path: path)
        }
        try take(mean.pointer, whitening.pointer, patches)
    }
}
