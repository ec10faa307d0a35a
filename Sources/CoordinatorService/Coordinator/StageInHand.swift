import Cluster
import Journal

/// What the coordinator knows of the stage under way.
struct StageInHand {
    let order: InspectionOrder?
    let role: ImageRole
    let mostFailures: Int
    /// Images that are not to be used though they may be readable, and why.
    let unusable: [Int64: String]
    let ending: CheckedContinuation<Coordinator.Ending, any Error>

    /// What a worker is told of an image. No file stands for one that is not to be used.
    func task(of image: JobImage) -> ImageTask {
        ImageTask(
            id: image.id, file: unusable[image.id] == nil ? image.record.file : "", output: Self.output(of: image))
    }

    /// The same failures with the reasons that are known here.
    func explained(_ failures: [ImageFailure]) -> [ImageFailure] {
        failures.map { ImageFailure(id: $0.id, reason: unusable[$0.id] ?? $0.reason) }
    }

    /// Where a picture of an image belongs in the job; nil where nobody asked for it.
    func place(of kind: Picture, _ image: JobImage) -> String? {
        order?.path(of: kind, output: Self.output(of: image))
    }

    private static func output(of image: JobImage) -> String { image.record.output ?? "\(image.id)" }
}
