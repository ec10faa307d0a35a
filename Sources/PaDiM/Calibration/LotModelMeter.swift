import Compute
import Gaussian
import Storage

/// Measures how far a batch's images are from a model that was made without their lot: the workspace of one thread. It has none of them, so
/// their distances are those from the model as it is.
final class LotModelMeter: @unchecked Sendable {
    private let patchLanes: PatchLanes
    private let workspace: HeldOutWorkspace
    private let model: GaussianModel

    /// - Parameter model: that without the lot, of at least three images.
    /// - Throws: `OutOfMemory`, `GaussianError`.
    init(_ layouts: [TapLayout], _ model: GaussianModel, capacity: Int, instructionSet: InstructionSet) throws {
        self.model = model
        patchLanes = try PatchLanes(
            layouts, capacity: capacity, UncheckedKernels(pointer: try instructionSet.statisticsKernels()))
        workspace = try HeldOutWorkspace(
            dimension: model.space.dimension, capacity: capacity,
            formula: HeldOutFormula(
                count: model.samples, pooledWeight: model.pooledWeight, epsilon: model.settings.epsilon),
            leavingOut: .image, instructionSet: instructionSet)
    }

    /// - Parameters:
    ///   - rows: of the grid.
    ///   - samplesPerImage: lanes of an image, of which the last counts.
    /// - Throws: `GaussianError`.
    func measure(
        _ batch: EmbeddingBatch, rows: Range<Int>, samplesPerImage: Int = 1, into slot: CalibrationSlot
    ) throws {
        let (width, dimension) = (model.space.gridWidth, model.space.dimension)
        let packed = dimension * (dimension + 1) / 2
        let patches = rows.lowerBound * width..<rows.upperBound * width
        let outside = [Bool](repeating: true, count: batch.images)
        try model.withParameters(patches: patches) { means, whitening in
            patchLanes.forEach(patch: patches, gridWidth: width, of: batch) { patch, parts in
                let number = patch - patches.lowerBound
                workspace.measure(
                    parts, images: batch.images, mean: means + number * dimension,
                    whitening: whitening + number * packed, leavingOut: .image, outside: outside
                ) { slot.recordWithoutLot($0.image, patch, images: batch.images, samplesPerImage: samplesPerImage) }
            }
        }
    }
}

extension CalibrationSlot {
    /// Squared distances of a patch's images from the model without their lot.
    fileprivate func recordWithoutLot(
        _ squares: UnsafePointer<Double>, _ patch: Int, images samples: Int, samplesPerImage: Int
    ) {
        let images = samples / samplesPerImage
        for image in 0..<images {
            let last = squares[(image + 1) * samplesPerImage - 1]
            byLot.pointer[patch * images + image] = Float(last.squareRoot())
        }
    }
}
