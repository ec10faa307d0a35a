import CKernels
import Compute
import Foundation
import Settings
import Storage
import Tensors

/// A fitted model, mapped from its file: for every patch a mean and a whitening matrix.
public final class GaussianModel: Sendable {
    public let path: String
    public let space: FeatureSpace
    /// Images that it was fitted on.
    public let count: Int64
    /// Samples that they gave: what each patch's mean and covariance are of. As many as images, or more where an image has several tiles or
    /// copies.
    public let samples: Int64
    /// How it was made, and how inspections blur maps and score images that are not told otherwise.
    public let settings: ModelSettings

    /// How many images' worth the covariance pooled over positions counts for; 0 where there is none.
    public var pooledWeight: Double { settings.shrinkage.pooledImages ?? 0 }

    /// What the model knows of normal images that it has not seen; nil where it was not calibrated.
    public let calibration: Calibration?

    private let header: ModelHeader
    private let file: SafetensorsFile
    private let digestUnderWay: UnderWay<Digest>?

    /// - Throws: as `SafetensorsFile` does; where the path is a folder with a model in it, the error names that.
    private static func open(_ path: String) throws -> SafetensorsFile {
        do {
            return try SafetensorsFile(path: path)
        } catch {
            let within = path + (path.hasSuffix("/") ? "" : "/") + JobLayout.model
            guard access(within, F_OK) == 0 else { throw error }
            throw GaussianError(path, "a folder, not a file; did you mean \(within)?")
        }
    }

    /// Maps a model and checks all of its numbers: torn and flipped bytes are found here.
    /// - Parameter digesting: whether to begin with the digest as well, on a thread of its own; `digest()` waits for it.
    /// - Throws: `GaussianError` where the file is no model, of a newer version, unsound or damaged; `TensorError`,
    ///   `StorageError`.
    public init(path: String, digesting: Bool = false) throws {
        self.path = path
        file = try Self.open(path)
        digestUnderWay = digesting ? UnderWay { [file] in file.digest() } : nil
        let metadata = try FileMetadata<ModelHeader>(
            reading: file.metadata, kind: ModelFormat.kind, newest: ModelFormat.newest, path: path)
        var header = metadata.header
        for tensor in try ModelFormat.tensors(header) where file[tensor.name] != tensor {
            throw GaussianError(
                path, "tensor '\(tensor.name)' is not \(tensor.type.rawValue) \(tensor.shape), as its header says")
        }
        let file = file
        header.settings.region = try header.region.map { try RegionFormat.read($0, from: file, path: path) }
        self.header = header
        (space, count, samples, settings) = (header.space, header.count, header.samples, header.settings)
        calibration = try header.calibration.map {
            try CalibrationFormat.read($0, from: file, patches: header.space.patches, path: path)
        }
        try verify(RecordChecks(seed: metadata.seed))
    }

    /// The SHA-256 of the file: the model's address. Reads all of it.
    public func digest() -> Digest { digestUnderWay?.value ?? file.digest() }

    /// The parameters of some patches, one after the other: means (`dimension` each) and whitening matrices
    /// (`dimension (dimension + 1) / 2` each, lower triangle by rows). Valid only inside the closure.
    public func withParameters<Result>(
        patches: Range<Int>,
        _ body: (_ means: UnsafePointer<Float>, _ whitening: UnsafePointer<Float>) throws -> Result
    ) throws -> Result {
        guard patches.lowerBound >= 0, patches.upperBound <= space.patches else {
            throw GaussianError(path, "has no patches \(patches): it has \(space.patches)")
        }
        return try withRows(ModelFormat.mean, patches, space.dimension) { means in
            try withRows(ModelFormat.whitening, patches, ModelFormat.packed(space.dimension)) { whitening in
                try body(means, whitening)
            }
        }
    }

    private func withRows<Result>(
        _ tensor: String, _ patches: Range<Int>, _ width: Int, _ body: (UnsafePointer<Float>) throws -> Result
    ) throws -> Result {
        try file.withBytes(of: tensor) { bytes in
            let rows = UnsafeRawBufferPointer(
                rebasing: bytes[patches.lowerBound * width * 4..<patches.upperBound * width * 4])
            guard let start = rows.baseAddress, Int(bitPattern: start) % MemoryLayout<Float>.alignment == 0 else {
                throw GaussianError(path, "tensor '\(tensor)' is misaligned; write the file with padim again")
            }
            return try body(start.assumingMemoryBound(to: Float.self))
        }
    }

    private func verify(_ checks: RecordChecks) throws {
        let (dimension, packed) = (space.dimension, ModelFormat.packed(space.dimension))
        let expected = try file.withElements(of: ModelFormat.checks, as: Int64.self) {
            $0.map(UInt64.init(bitPattern:))
        }
        for begin in stride(from: 0, to: space.patches, by: RecordChecks.together) {
            let patches = begin..<min(begin + RecordChecks.together, space.patches)
            try withParameters(patches: patches) { means, whitening in
                let found = checks.checks(
                    of: patches, UnsafeRawBufferPointer(start: means, count: patches.count * dimension * 4),
                    UnsafeRawBufferPointer(start: whitening, count: patches.count * packed * 4))
                if let (patch, _) = zip(patches, found).first(where: { $1 != expected[$0] }) {
                    throw GaussianError(
                        path, "is damaged: the numbers of patch \(patch) are not those that were written")
                }
                guard statistics_all_finite(means, patches.count * dimension),
                    statistics_all_finite(whitening, patches.count * packed)
                else { throw GaussianError(path, "patches \(patches) have numbers that are not finite") }
            }
        }
    }
}

extension GaussianModel {
    /// Writes the same model with a calibration, in the place of the one that it has.
    /// - Parameter region: takes the place of the model's own; nil: that stays.
    /// - Returns: the digest of the file at `path`.
    /// - Throws: `GaussianError` where the calibration is of another grid; `StorageError`. No file is left at `path` then.
    public func write(
        with calibration: Calibration?, countingOnly region: RegionOfInterest? = nil, to path: String, crew: ThreadCrew
    ) throws -> Digest {
        guard calibration.map({ $0.meanSquares.count == space.patches }) ?? true else {
            throw GaussianError(path, "the calibration is of another number of patches")
        }
        var settings = settings
        settings.region = region ?? settings.region
        var header = try ModelHeader(space: space, count: count, samples: samples, settings: settings)
        header.calibration = calibration.map(CalibrationHeader.init)
        let writer = try ModelWriter(path: path, header: header, calibration: calibration)
        for first in stride(from: 0, to: space.patches, by: RecordChecks.together) {
            let patches = first..<min(first + RecordChecks.together, space.patches)
            try withParameters(patches: patches) {
                try writer.write(mean: $0, whitening: $1, patches: patches)
            }
        }
        return try writer.commit(crew)
    }

    /// The Mahalanobis distances of embeddings at some patches.
    ///
    /// A distance is one fixed chain of operations: its bits do not depend on the other rows, on `images`, or on how
    /// patches are split over calls.
    /// - Parameters:
    ///   - rows: embeddings, `[patch][image][channel]`, from the first of `patches` on.
    ///   - images: rows of a patch.
    ///   - distances: where `[patch][image]` goes, from the first of `patches` on.
    public func distances(
        _ rows: UnsafePointer<Float>, images: Int, patches: Range<Int>, instructionSet: InstructionSet,
        into distances: UnsafeMutablePointer<Float>
    ) throws {
        let kernels = try instructionSet.statisticsKernels()
        let (dimension, packed) = (space.dimension, ModelFormat.packed(space.dimension))
        let lanes = try AlignedBuffer<Float>(zeros: dimension * statistics_lanes(Int32(images)))
        let scratch = try AlignedBuffer<Float>(zeros: statistics_distance_scratch(Int32(dimension), Int32(images)))
        try withParameters(patches: patches) { means, whitening in
            for number in 0..<patches.count {
                kernels.pointee.to_lanes(
                    rows + number * images * dimension, dimension, Int32(images), Int32(dimension), lanes.pointer)
                var part = LanePart(lanes: lanes.pointer, channels: Int32(dimension))
                kernels.pointee.distances(
                    &part, 1, Int32(images), means + number * dimension, whitening + number * packed, scratch.pointer,
                    distances + number * images)
            }
        }
    }
}
