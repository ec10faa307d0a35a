import CKernels
import Compute
import Gaussian
import Settings
import Storage
import Tensors

/// Measures how far a batch's images are from models without them, one row of the grid after the other: the workspace of one thread.
final class HeldOutMeter: @unchecked Sendable {
    fileprivate let patchLanes: PatchLanes
    fileprivate let workspace: HeldOutWorkspace
    fileprivate let model: GaussianModel

    /// - Throws: `OutOfMemory`, `GaussianError`.
    init(
        _ layouts: [TapLayout], _ model: GaussianModel, capacity: Int, leavesLotsOut: Bool,
        instructionSet: InstructionSet
    ) throws {
        self.model = model
        patchLanes = try PatchLanes(
            layouts, capacity: capacity, UncheckedKernels(pointer: try instructionSet.statisticsKernels()))
        workspace = try HeldOutWorkspace(
            dimension: model.space.dimension, capacity: capacity,
            formula: HeldOutFormula(
                count: model.samples, pooledWeight: model.pooledWeight, epsilon: model.settings.epsilon),
            leavingOut: leavesLotsOut ? .imageAndLot : .image, instructionSet: instructionSet)
    }

    /// - Parameters:
    ///   - rows: of the grid.
    ///   - samplesPerImage: lanes of an image: one; or more, of which the last is the plain image and the others are in the model.
    ///   - scored: the images whose distances count in the sums.
    ///   - outside: whether the model does not have an image; empty where it has all.
    /// - Throws: `GaussianError`.
    func measure(
        _ batch: EmbeddingBatch, rows: Range<Int>, samplesPerImage: Int = 1, scored: [Int],
        leavingOut: HeldOutWorkspace.LeavingOut, outside: [Bool], into slot: CalibrationSlot
    ) throws {
        let (width, dimension) = (model.space.gridWidth, model.space.dimension)
        let packed = dimension * (dimension + 1) / 2
        let patches = rows.lowerBound * width..<rows.upperBound * width
        let isScored = Set(scored)
        try model.withParameters(patches: patches) { means, whitening in
            patchLanes.forEach(patch: patches, gridWidth: width, of: batch) { patch, parts in
                let number = patch - patches.lowerBound
                guard samplesPerImage == 1 else {
                    let images = batch.images / samplesPerImage
                    return workspace.measureCopies(
                        parts, images: images, samples: samplesPerImage - 1, mean: means + number * dimension,
                        whitening: whitening + number * packed, outside: outside
                    ) { image, last, mean in
                        slot.record(
                            last, mean: mean, patch, image: image, images: images, isScored: isScored.contains(image))
                    }
                }
                workspace.measure(
                    parts, images: batch.images, mean: means + number * dimension,
                    whitening: whitening + number * packed, leavingOut: leavingOut,
                    outside: outside
                ) { slot.record($0, patch, images: batch.images, scored: scored) }
            }
        }
    }
}

extension HeldOutMeter {
    /// The same of a batch whose samples are all those of one image: they are left out together.
    /// - Parameter isOutside: whether the model does not have the image.
    func measureTogether(
        _ batch: EmbeddingBatch, rows: Range<Int>, isOutside: Bool, into slot: CalibrationSlot
    ) throws {
        let (width, dimension) = (model.space.gridWidth, model.space.dimension)
        let packed = dimension * (dimension + 1) / 2
        let patches = rows.lowerBound * width..<rows.upperBound * width
        let outside = isOutside ? [Bool](repeating: true, count: batch.images) : []
        try model.withParameters(patches: patches) { means, whitening in
            patchLanes.forEach(patch: patches, gridWidth: width, of: batch) { patch, parts in
                let number = patch - patches.lowerBound
                workspace.measure(
                    parts, images: batch.images, mean: means + number * dimension,
                    whitening: whitening + number * packed, leavingOut: isOutside ? .image : .imageAndLot,
                    outside: outside
                ) { slot.record(together: $0.lot ?? $0.image, patch, samples: batch.images) }
            }
        }
    }
}

/// What a batch gives, patch by patch: threads write different patches.
final class CalibrationSlot: @unchecked Sendable {
    /// `[patch][image]`.
    let byImage: AlignedBuffer<Float>
    let byLot: AlignedBuffer<Float>
    /// `[patch]`.
    let sums: AlignedBuffer<Int64>
    let lotMean: AlignedBuffer<Double>

    init(patches: Int, capacity: Int) throws {
        byImage = try AlignedBuffer(zeros: patches * capacity)
        byLot = try AlignedBuffer(zeros: patches * capacity)
        sums = try AlignedBuffer(zeros: patches)
        lotMean = try AlignedBuffer(zeros: patches)
    }

    func begin() {
        for patch in 0..<sums.count { (sums.pointer[patch], lotMean.pointer[patch]) = (0, 0) }
    }

    /// The samples of one image.
    func record(together squares: UnsafePointer<Double>, _ patch: Int, samples: Int) {
        var total = 0.0
        for sample in 0..<samples {
            byImage.pointer[patch * samples + sample] = Float(squares[sample].squareRoot())
            total += squares[sample]
        }
        if total.isFinite { sums.pointer[patch] = CalibrationShard.fixedPoint(total / Double(samples)) }
    }

    /// An image of several samples.
    /// - Parameters:
    ///   - last: the squared distance of its plain view.
    ///   - mean: of the squared distances of its samples.
    func record(_ last: Double, mean: Double, _ patch: Int, image: Int, images: Int, isScored: Bool) {
        byImage.pointer[patch * images + image] = Float(last.squareRoot())
        if isScored, mean.isFinite { sums.pointer[patch] += CalibrationShard.fixedPoint(mean) }
    }

    func record(_ distances: HeldOutWorkspace.Distances, _ patch: Int, images: Int, scored: [Int]) {
        for image in 0..<images {
            byImage.pointer[patch * images + image] = Float(distances.image[image].squareRoot())
            if let lot = distances.lot {
                byLot.pointer[patch * images + image] = Float(lot[image].squareRoot())
            }
        }
        sums.pointer[patch] = scored.reduce(0) {
            distances.image[$1].isFinite ? $0 + CalibrationShard.fixedPoint(distances.image[$1]) : $0
        }
        lotMean.pointer[patch] = distances.lotMean
    }
}

/// The slots of a pipeline, made when they are first needed.
final class CalibrationSlots: @unchecked Sendable {
    private let patches: Int
    private let capacity: Int
    private let slots = Locked<[Int: CalibrationSlot]>([:])

    init(patches: Int, capacity: Int) { (self.patches, self.capacity) = (patches, capacity) }

    /// - Throws: `OutOfMemory`.
    func begin(_ number: Int) throws {
        let slot = try slots.withLock { slots in
            if let slot = slots[number] { return slot }
            let slot = try CalibrationSlot(patches: patches, capacity: capacity)
            slots[number] = slot
            return slot
        }
        slot.begin()
    }

    subscript(number: Int) -> CalibrationSlot {
        guard let slot = slots.withLock({ $0[number] }) else {
            preconditionFailure("a slot is begun before it is used")
        }
        return slot
    }
}
