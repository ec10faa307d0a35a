import Cluster
import JobRules
import Journal

/// What the shell does of one stage. Models are made by `FitWork` and `CalibrateWork` beside this.
protocol StageWork {
    /// What is done when its turn comes, whether images are left to do or not.
    func prepare() throws -> JobEvent
    /// Has workers do the shards.
    func run(_ stage: JobStage, _ toDo: ShardsToDo) async throws
    /// Has other workers do some of the committed shards once more.
    func audit(_ stage: JobStage) async throws -> AuditFindings
    /// Makes what a stage with findings is for; they are durable when it returns.
    func makeFindings() throws
}

extension StageWork {
    func prepare() throws -> JobEvent { .prepared(StageFacts()) }
    func makeFindings() throws {}
    func audit(_ stage: JobStage) async throws -> AuditFindings { AuditFindings() }
}
