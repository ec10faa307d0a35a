import Cluster
import Compute
import Gaussian
import JobRules
import Storage

/// Shards that are done once more, by other workers than those that did them.
extension Coordinator {
    /// Has workers do an audit.
    /// - Parameter members: which images the model has, where one is calibrated by others as well.
    /// - Throws: what ends the job meanwhile.
    func audit(
        _ work: Work, of stage: JobStage, _ toDo: AuditToDo, instructionSet: InstructionSet?,
        members: ImageMultiset? = nil
    ) async throws -> AuditFindings {
        if let pendingError { throw pendingError }
        stageNumber += 1
        role = stage.role
        let opened = Stage(
            number: stageNumber, work: work, instructionSet: instructionSet?.rawValue, servesImages: servesImages)
        let total = toDo.cases.reduce(0) { $0 + $1.shard.count }
        findings = AuditFindings()
        try await run(stage, label: "audit", total: total, before: 0, by: .openAudit(opened, toDo)) { ending in
            ActiveStage(
                stage: stage, order: nil, mostFailures: .max, leavesLotsOut: work.lotsLeftOut == .dealtAsOne,
                members: members, ending: ending)
        }
        return findings
    }
}
