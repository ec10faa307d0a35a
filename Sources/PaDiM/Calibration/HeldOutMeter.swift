import CKernels
import Compute
import Gaussian
import Settings
import Storage
import Tensors

/// Measures how far a batch's images are from models without them, one row of the grid after the other: the workspace of one thread.
final class HeldOutMeter: @unchecked Sendable {
    private let patchLanes: PatchLanes
    private let workspace: HeldOutWorkspace
    private let model: GaussianModel

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
                count: model.count, pooledWeight: model.pooledWeight, epsilon: model.settings.epsilon),
            leavingOut: leavesLotsOut ? .imageAndLot : .image, instructionSet: instructionSet)
    }

    /// - Parameters:
    ///   - rows: of the grid.
    ///   - scored: the images whose distances count in the sums.
    ///   - outside: whether the model does not have an image; empty where it has all.
    /// - Throws: `GaussianError`.
    func measure(
        _ batch: EmbeddingBatch, rows: Range<Int>, scored: [Int], leavingOut: HeldOutWorkspace.LeavingOut,
        outside: [Bool], into slot: CalibrationSlot
    ) throws {
        let (width, dimension) = (model.space.gridWidth, model.space.dimension)
        let packed = dimension * (dimension + 1) / 2
        let patches = rows.lowerBound * width..<rows.upperBound * width
        try model.withParameters(patches: patches) { means, whitening in
            patchLanes.forEach(patch: patches, gridWidth: width, of: batch) { patch, parts in
                let number = patch - patches.lowerBound
                workspace.measure(
                    parts, images: batch.images, mean: means + number * dimension,
                    whitening: whitening + number * packed, leavingOut: leavingOut,
                    outside: outside
                ) { slot.record($0, patch, images: batch.images, scored: scored) }
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
