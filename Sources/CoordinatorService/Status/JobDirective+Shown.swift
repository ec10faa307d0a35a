import JobRules
import LiveStatus

extension JobDirective {
    /// What the job does now, as it is shown; nil where that changes nothing.
    var shown: (JobStatus.State, String)? {
        switch self {
        case .register: (.starting, "takes its images up")
        case .examinePartials: (.starting, "checks what it has")
        case .examineModel: (.starting, "checks its model")
        case .serve: (.starting, "begins to listen")
        case .prepare(let stage): (.finishing, "makes ready to \(stage.label)")
        case .run(let stage, _): (.working, stage.label)
        case .audit: (.working, "audit")
        case .makeModel: (.finishing, "makes the model")
        case .completeModel: (.finishing, "completes the model")
        case .trim: (.finishing, "looks for images that stand out")
        case .finishExclusion, .beginExclusion: (.finishing, "takes images out")
        case .makeFindings(let stage): (.finishing, "evaluates: \(stage.label)")
        case .export: (.finishing, "writes tables and the report")
        case .awaitImages: (.watching, "waits for more images")
        case .dismissWorkers: (.finishing, "lets its workers go")
        case .end(nil): (.done, "done")
        case .end: (.failed, "failed")
        default: nil
        }
    }
}
