import Cluster
import JobRules
import Journal

/// What the coordinator knows of the stage under way.
struct ActiveStage {
    let stage: JobStage
    let order: InspectionOrder?
    let mostFailures: Int
    let ending: CheckedContinuation<Void, any Error>

    /// What a worker is told of an image.
    func task(of image: JobImage) -> ImageTask {
        ImageTask(id: image.id, location: image.record.location, output: Self.output(of: image))
    }

    /// Where a picture of an image belongs in the job; nil where nobody asked for it.
    func place(of kind: Artifact, _ image: JobImage) -> String? {
        order?.path(of: kind, output: Self.output(of: image))
    }

    private static func output(of image: JobImage) -> String { image.record.output ?? "\(image.id)" }
}
