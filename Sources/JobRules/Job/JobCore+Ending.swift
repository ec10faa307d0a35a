import Cluster
import Journal

/// How a job ends.
extension JobCore {
    mutating func take(failure: JobFailure) {
        switch course {
        case .opening:
            course = .closing
            // Nothing was dealt, so the next start is not one after a crash.
            agenda = (hasBegunEpoch ? [.recordEnd] : []) + [.end(failure)]
        case .working:
            if case .tooManyFailures(let count, _) = failure, place < stages.count {
                return close(tooManyFailures(count, of: stages[place]))
            }
            close(failure)
        // Where a full disk has stopped the writing what is left to do may still fit.
        case .closing, .over: break
        }
    }

    /// Ends the job: with all that was to be done, or a failure.
    mutating func close(_ failure: JobFailure?) {
        course = .closing
        let isStopped = failure?.isStopped ?? false
        // Asked to stop, the coordinator comes back: its workers wait for it.
        agenda = (isStopped ? [] : [.dismissWorkers]) + [.awaitDisk, .closeService, .recordEnd]
        switch failure {
        case nil, .stopped: break
        case .excludedUnusable: agenda += [.nameFailures([.excluding]), .abandonExclusion]
        case .excludedChanged, .auditUndecided: break
        case .tooManyUnusable: agenda += [.nameFailures(stages.filter { !$0.failsFast }.map(\.role))]
        default: agenda += [.enter(.failed), .nameFailures(ImageRole.allCases)]
        }
        agenda.append(.end(failure))
    }

    /// A stage that goes on to its end complains there.
    func shortfall(_ standing: JobStanding) -> JobFailure? {
        for stage in stages where !stage.failsFast {
            let counts = standing.counts(stage.role)
            if counts.failed > stage.mostFailures { return .tooManyUnusable(counts, most: stage.mostFailures) }
        }
        return nil
    }

    func tooManyFailures(_ count: Int, of stage: JobStage) -> JobFailure {
        stage.role == .excluding ? .excludedUnusable(count) : .tooManyFailures(count, most: stage.mostFailures)
    }
}
