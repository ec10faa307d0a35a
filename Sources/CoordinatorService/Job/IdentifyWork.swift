import Cluster
import JobPlanning
import JobRules
import Journal

/// Finds out which images the list of a calibration has: digests of contents tell which of them the model has, and draw the sample.
struct IdentifyWork: StageWork {
    let calibrate: JobPlan.Calibrate
    let cluster: ClusterOptions
    let journal: Journal
    let coordinator: Coordinator

    func run(_ stage: JobStage, _ toDo: ShardsToDo) async throws {
        let counts = try journal.counts(stage.role)
        try await coordinator.run(
            .identify(space: calibrate.space), stage, toDo, total: counts.total, before: counts.total - counts.pending,
            instructionSet: cluster.instructionSet)
    }
}
