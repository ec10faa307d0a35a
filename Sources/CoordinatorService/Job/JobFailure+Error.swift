import JobPlanning
import JobRules

extension JobFailure {
    /// As the program says it.
    func error(directory: String) -> any Error {
        switch self {
        case .stopped: JobError.stopped
        case .tooManyFailures(let count, let most): JobError.tooManyFailures(count, most: most)
        case .tooManyUnusable(let counts, let most):
            JobError.tooManyUnusable(counts, most: most, directory: directory)
        case .noneUsable: JobError.noneUsable(first: nil)
        case .excludedUnusable(let count):
            JobError.failed(
                "\(count) images that are to be taken out of the fit cannot be read, so all of them stay in: bring the files back as they "
                    + "were, or leave them off the list of --exclude")
        case .excludedChanged(let paths):
            JobError.failed(
                "\(paths.count) images that are to be taken out of the fit are not what they were when they were folded, so all of them "
                    + "stay in; the first is \(paths.first ?? ""): bring the files back as they were, or leave them off the list of --exclude"
            )
        case .otherModel(let made, let before):
            JobError.failed(
                Self.otherModelWords(made: made, before: before)
                    + ", and some were scored with the former; begin anew, in another directory")
        case .workersGiveUp(let reason): JobError.failed("workers give up again and again: \(reason)")
        case .workersBreakTheProtocol(let reason):
            JobError.failed("workers break the protocol again and again: \(reason)")
        case .noWorker(let reason), .auditUndecided(let reason): JobError.failed(reason)
        case .other(let error): error
        }
    }
}
