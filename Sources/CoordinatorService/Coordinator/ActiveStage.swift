import Cluster
import Gaussian
import JobPlanning
import JobRules
import Journal
import Storage

/// What the coordinator knows of the stage under way.
struct ActiveStage {
    let stage: JobStage
    let order: InspectionOrder?
    let mostFailures: Int
    /// Whether images' whole lots are left out.
    let leavesLotsOut: Bool
    /// Which images the model that is calibrated has; nil: all of the stage's.
    let members: ImageMultiset?
    let ending: CheckedContinuation<Void, any Error>

    /// What a worker is told of an image.
    func task(of image: JobImage) -> ImageTask {
        ImageTask(
            id: image.id, location: image.record.location, output: image.record.output, region: image.record.region)
    }

    /// What a worker is told of a shard: its images, and where their whole lot is left out those of the lot among them.
    func tasks(_ shard: ShardRange, in journal: Journal) throws -> [ImageTask] {
        let images = try journal.images(first: shard.first, count: shard.count)
        guard stage.work == .heldOutScores else { return images.map(task) }
        func held(_ image: JobImage, isContext: Bool) -> ImageTask {
            ImageTask(
                id: image.id, location: image.record.location, output: "", digest: image.record.digest,
                isContext: isContext, isOutside: isOutside(image), region: isContext ? nil : image.record.region)
        }
        guard leavesLotsOut, let lot = images.first?.record.lot else {
            return images.map { held($0, isContext: false) }
        }
        var left = images[...]
        return try journal.images(ofLot: lot, JobPlan.Fit.role).map { image in
            // Both are in the list's order. Images of equal content stand for each other.
            guard let next = left.first, next.record.digest == image.record.digest else {
                return held(image, isContext: true)
            }
            left.removeFirst()
            return held(next, isContext: false)
        }
    }

    /// Where an image is that a worker was dealt with a shard, or its mask.
    /// - Returns: nil where it was not dealt with it.
    func location(of served: ServedImage, _ shard: ShardRange, in journal: Journal) throws -> ImageLocation? {
        guard let image = try journal.images(first: served.image, count: 1).first else { return nil }
        let isContext = !shard.contains(served.image)
        if isContext {
            guard leavesLotsOut, let lot = image.record.lot,
                try journal.images(first: shard.first, count: 1).first?.record.lot == lot
            else { return nil }
        }
        return switch served.part {
        case .image: image.record.location
        case .region: isContext ? nil : image.record.region
        }
    }

    private func isOutside(_ image: JobImage) -> Bool {
        guard let members, let digest = image.record.digest else { return false }
        return !members.contains(digest)
    }

    /// Where an artifact of an image belongs in the job; nil where nobody asked for it.
    func place(of kind: Artifact, _ image: JobImage) -> String? {
        order?.path(of: kind, output: image.record.output)
    }
}
