import Foundation
import Gaussian
import Tensors

/// One of a pipeline's places for a batch's data, kept from batch to batch.
final class BatchSlot: @unchecked Sendable {
    let embeddings: EmbeddingBatch
    /// `[patch][image]`; empty where none are wanted.
    let distances: AlignedBuffer<Float>
    private let lock = NSLock()
    private var outcomes: [Embedder.Outcome?] = []

    private let samplesPerImage: Int

    init(
        _ space: FeatureSpace, _ layouts: [TapLayout], capacity: Int, samplesPerImage: Int, withDistances: Bool
    ) throws {
        self.samplesPerImage = samplesPerImage
        embeddings = try EmbeddingBatch(layouts: layouts, capacity: capacity, tiles: TileGrid(space))
        distances = try AlignedBuffer(zeros: withDistances ? space.patches * capacity : 0)
    }

    func begin(images: Int) {
        embeddings.begin(images: images * samplesPerImage)
        lock.withLock { outcomes = Array(repeating: nil, count: images) }
    }

    func record(_ found: [Embedder.Outcome], first: Int) {
        lock.withLock {
            for (number, outcome) in found.enumerated() { outcomes[first + number] = outcome }
        }
    }

    func outcome(_ image: Int) -> Embedder.Outcome? { lock.withLock { outcomes[image] } }
    var allOutcomes: [Embedder.Outcome] { lock.withLock { outcomes.compactMap { $0 } } }
}

/// The slots of a pipeline, made when they are first needed: few images need only one.
final class BatchSlots: @unchecked Sendable {
    private let space: FeatureSpace
    private let layouts: [TapLayout]
    private let capacity: Int
    private let samplesPerImage: Int
    private let withDistances: Bool
    private let lock = NSLock()
    private var slots: [Int: BatchSlot] = [:]

    init(_ space: FeatureSpace, _ layouts: [TapLayout], _ plan: ViewPlan, withDistances: Bool = false) {
        (self.space, self.layouts, self.withDistances) = (space, layouts, withDistances)
        (capacity, samplesPerImage) = (plan.capacity, plan.samplesPerImage)
    }

    /// - Throws: `OutOfMemory`.
    func begin(_ number: Int, images: Int) throws {
        let slot = try lock.withLock {
            if let slot = slots[number] { return slot }
            let slot = try BatchSlot(
                space, layouts, capacity: capacity, samplesPerImage: samplesPerImage, withDistances: withDistances)
            slots[number] = slot
            return slot
        }
        slot.begin(images: images)
    }

    subscript(number: Int) -> BatchSlot {
        guard let slot = lock.withLock({ slots[number] }) else {
            preconditionFailure("a slot is begun before it is used")
        }
        return slot
    }
}

extension Embedder {
    /// The stage that fills a batch with embeddings, a group of images a task.
    /// - Parameter digesting: whether the digests of images' contents are wanted.
    func embedding<S: Shard>(
        _ slots: BatchSlots, _ plan: ViewPlan, layouts: [TapLayout], digesting: Bool = false
    ) -> BatchPipeline<ImageBatch<S>>.Stage {
        BatchPipeline<ImageBatch<S>>.Stage(
            count: { $0.groups },
            run: { batch, slot, task, thread in
                let first = batch.range.lowerBound
                let group = batch.group(task)
                let outcomes = try self.embed(
                    batch.shard.images[first + group.lowerBound..<first + group.upperBound], plan,
                    into: slots[slot].embeddings, first: group.lowerBound, layouts: layouts,
                    thread: thread, digesting: digesting)
                slots[slot].record(outcomes, first: group.lowerBound)
            })
    }
}
