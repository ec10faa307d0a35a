import CKernels
import Compute
import Tensors

/// Measures how far images of a model would be from models without them, patch by patch: the workspace of one thread.
public final class HeldOutWorkspace: @unchecked Sendable {
    /// What is left out of the model.
    public enum LeavingOut: Sendable {
        /// Each image alone.
        case image
        /// Each image alone, and all of them together: they are a lot.
        case imageAndLot
    }

    private let dimension: Int
    private let capacity: Int
    private let formula: HeldOutFormula
    private let kernels: UnsafePointer<StatisticsKernels>
    private let scratch: AlignedBuffer<Double>
    private let residuals: AlignedBuffer<Double>
    private let back: AlignedBuffer<Float>
    private let squares: AlignedBuffer<Double>
    private let backSquares: AlignedBuffer<Float>
    private let lot: AlignedBuffer<Double>
    private let lotScratch: AlignedBuffer<Double>
    /// Kept from patch to patch: a workspace measures images of one number of samples.
    private var copies: CopiesHeldOut?

    /// - Parameters:
    ///   - capacity: the most images of one call.
    ///   - leavingOut: `imageAndLot` takes memory for a matrix of images by images.
    /// - Throws: `OutOfMemory`, `GaussianError` where the instruction set does not run here.
    public init(
        dimension: Int, capacity: Int, formula: HeldOutFormula, leavingOut: LeavingOut, instructionSet: InstructionSet
    ) throws {
        (self.dimension, self.capacity, self.formula) = (dimension, capacity, formula)
        kernels = try instructionSet.statisticsKernels()
        let lanes = statistics_lanes(Int32(capacity))
        let stride = statistics_held_out_stride(Int32(capacity))
        scratch = try AlignedBuffer(zeros: statistics_held_out_scratch(Int32(dimension), Int32(capacity)))
        residuals = try AlignedBuffer(zeros: dimension * stride)
        back = try AlignedBuffer(zeros: dimension * stride)
        squares = try AlignedBuffer(zeros: lanes)
        backSquares = try AlignedBuffer(zeros: lanes)
        lot = try AlignedBuffer(zeros: lanes)
        lotScratch = try AlignedBuffer(
            zeros: leavingOut == .imageAndLot ? statistics_lot_scratch(Int32(capacity)) : 0)
    }

    /// Squared distances at one patch, NaN where a model without the image, or the lot, cannot be had in double precision.
    public struct Distances {
        /// Of each image from the model without it.
        public let image: UnsafePointer<Double>
        /// Of each image from the model without the lot; nil where no lot is left out.
        public let lot: UnsafePointer<Double>?
        /// Of the lot's mean from the model without the lot.
        public let lotMean: Double
    }

    /// Measures images of which the model has several samples each: the model is without all of an image's samples.
    /// - Parameters:
    ///   - parts: the channels of the embeddings, a lane each: of an image its samples, and behind them one that the model does not have.
    ///   - images: at most `capacity` / (`samples` + 1).
    ///   - samples: of an image, in the model.
    ///   - outside: whether the model does not have an image; empty where it has all.
    ///   - body: given, of each image, the squared distance of the last sample, and the mean of those of the others: NaN where the model without
    ///     the image cannot be had in double precision.
    package func measureCopies(
        _ parts: UnsafeMutableBufferPointer<LanePart>, images: Int, samples: Int, mean: UnsafePointer<Float>,
        whitening: UnsafePointer<Float>, outside: [Bool] = [],
        _ body: (_ image: Int, _ last: Double, _ mean: Double) -> Void
    ) {
        let lanes = images * (samples + 1)
        assert((1...capacity).contains(lanes) && (outside.isEmpty || outside.count == images))
        kernels.pointee.residuals(
            parts.baseAddress, Int32(parts.count), Int32(lanes), mean, whitening, scratch.pointer, residuals.pointer,
            back.pointer)
        kernels.pointee.image_squares(
            residuals.pointer, back.pointer, Int32(dimension), Int32(lanes), squares.pointer, backSquares.pointer)
        let stride = statistics_held_out_stride(Int32(lanes))
        var copies = copies ?? CopiesHeldOut(formula, samples: samples)
        for image in 0..<images {
            let first = image * (samples + 1)
            if !outside.isEmpty, outside[image] {
                let total = (first..<first + samples).reduce(0.0) { $0 + squares.pointer[$1] }
                body(image, squares.pointer[first + samples], total / Double(samples))
                continue
            }
            let found = copies.measure(
                residuals: residuals.pointer + first, back: back.pointer + first, stride: stride, channels: dimension)
            body(image, found?.further ?? .nan, found?.mean ?? .nan)
        }
        self.copies = copies
    }

    /// - Parameters:
    ///   - parts: the channels of the images' embeddings, an image a lane.
    ///   - images: at most `capacity`; with a lot, at most two fewer than the model's.
    ///   - mean, whitening: of the patch, in the model that has the images.
    ///   - outside: whether the model does not have an image: its distance is that from the model as it is. None is where a lot is left out.
    ///   - body: given the distances, valid until it returns.
    public func measure(
        _ parts: UnsafeMutableBufferPointer<LanePart>, images: Int, mean: UnsafePointer<Float>,
        whitening: UnsafePointer<Float>, leavingOut: LeavingOut, outside: [Bool] = [], _ body: (Distances) -> Void
    ) {
        assert((1...capacity).contains(images) && (outside.isEmpty || outside.count == images))
        kernels.pointee.residuals(
            parts.baseAddress, Int32(parts.count), Int32(images), mean, whitening, scratch.pointer, residuals.pointer,
            back.pointer)
        kernels.pointee.image_squares(
            residuals.pointer, back.pointer, Int32(dimension), Int32(images), squares.pointer, backSquares.pointer)
        var lotMean = Double.nan
        if leavingOut == .imageAndLot {
            assert(lotScratch.count > 0 && Int64(images) <= formula.count - 2)
            var patch = LotAtPatch(
                residuals: residuals.pointer, back: back.pointer, channels: Int32(dimension), images: Int32(images),
                count: formula.count, pooled_weight: formula.pooledWeight, epsilon: formula.epsilon)
            if !kernels.pointee.lot_distances(&patch, lotScratch.pointer, lot.pointer, &lotMean) {
                lotMean = .nan
                for image in 0..<images { lot.pointer[image] = .nan }
            }
        }
        for image in 0..<images where outside.isEmpty || !outside[image] {
            squares.pointer[image] =
                formula.squaredDistance(square: squares.pointer[image], back: Double(backSquares.pointer[image]))
                ?? .nan
        }
        body(
            Distances(
                image: squares.pointer, lot: leavingOut == .imageAndLot ? UnsafePointer(lot.pointer) : nil,
                lotMean: lotMean))
    }
}
