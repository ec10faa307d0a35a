import Cluster
import Journal
import Storage

/// The course of a job, as a value: it takes what was done and returns what is to be done next. No socket, file, thread or clock inside.
///
/// What is done next follows from what the journal says, which is read again after each step that changes it: what an earlier run
/// finished is not done again, and a partial that is thrown out, or a model that is forgotten, has its images dealt, or itself made,
/// again. One thing is asked at a time, so that a shell may be killed between any two.
public struct JobCore: Sendable {
    private enum Course: Equatable, Sendable {
        /// Nothing is dealt yet.
        case opening
        case working
        /// The end is decided, and what fails now changes nothing.
        case closing
        case over
    }

    /// The job's directory, for messages.
    private let directory: String
    private var stages: [JobStage]
    private var course = Course.opening
    /// The directive that is being carried out.
    private var asked: JobDirective?
    /// The directives that follow, in order.
    private var agenda: [JobDirective] = []
    private var notes: [JobNote] = []
    private var standing: JobStanding?
    /// The stage whose turn it is, and what is known of it once it is prepared.
    private var place = 0
    private var facts: StageFacts?
    private var hasBegunEpoch = false
    private var isExported = false
    /// Whether the partials were looked at from which images are to be taken out: at the start they are not where there is a model.
    private var hasExaminedPartials = false
    /// The roles of stages whose present results were audited.
    private var audited: Set<ImageRole> = []
    /// Whether no image is to be taken out by its score any more.
    private var hasTrimmed: Bool
    /// Whether more images are waited for once all are done.
    private var isWatching: Bool
    /// Whether it was said what is doubtful about a model that another job made: it is the same each time that images are added.
    private var hasToldOfModel = false
    /// Whether this run made the model.
    private var hasMadeModel = false
    /// Why the model could not be made of the present sums.
    private var fault: (any Error)?

    /// - Parameter isTrimmed: whether images whose scores stand out are taken out once the model is calibrated. Then the stages begin with
    ///   that which takes images out.
    /// - Parameter isWatching: whether more images to inspect are waited for once all are done.
    public init(stages: [JobStage], directory: String, isTrimmed: Bool = false, isWatching: Bool = false) {
        (self.stages, self.directory, hasTrimmed) = (stages, directory, !isTrimmed)
        self.isWatching = isWatching
    }

    /// Whether the end is decided.
    package var isClosing: Bool { course == .closing || course == .over }

    public mutating func handle(_ event: JobEvent) -> [JobDirective] {
        guard course != .over else { return [] }
        notes = []
        take(event)
        if agenda.isEmpty { goOn() }
        assert(checkInvariants() == nil, checkInvariants() ?? "")
        guard !agenda.isEmpty else { return notes.map(JobDirective.note) }
        let next = agenda.removeFirst()
        asked = next
        if case .end = next { course = .over }
        return notes.map(JobDirective.note) + [next]
    }

    private mutating func take(_ event: JobEvent) {
        switch event {
        case .begin: agenda = [.readJournal]
        // From here on workers may be connected.
        case .done: if case .serve = asked { course = .working }
        case .journalRead(let read):
            standing = read
            if course == .opening, !hasBegunEpoch { agenda = opening(read) }
        case .blamed(let shards):
            if shards > 0 {
                note(.notice("the job was cut off with \(shards) shards in workers' hands: they are dealt last"))
            }
        case .modelExamined(let damage):
            guard let damage else { break }
            note(.warning("\(damage): the model is made again"))
            agenda = [.forgetModel, .examinePartials] + agenda
        case .partialsExamined(let damaged):
            let damaged = damaged.filter { standing?.isDoneWith($0.partial) != true }
            for (partial, damage) in damaged {
                note(.warning("\(damage): its \(partial.record.images) images are folded again"))
            }
            agenda = damaged.map { .discardPartial($0.partial) } + agenda
        case .reopened(let images):
            if images > 0 { note(.info("\(images) images that could not be read are tried once more")) }
        case .grown(let images, let most): take(growth: images, mostFailures: most)
        case .watchEnded: isWatching = false
        case .epochBegan(let epoch, let isCareful):
            hasBegunEpoch = true
            agenda = [.serve(epoch: epoch, isCareful: isCareful), .startWorkers, .readJournal]
        case .prepared(let known):
            facts = known
            if !hasToldOfModel, let warning = known.foreignModel?.warning { note(.warning(warning)) }
            hasToldOfModel = true
            if known.hasTakenUpImages { agenda = [.readJournal] }
        // What follows reads the journal and the partials: what the disk was asked to do with them comes first.
        case .stageEnded:
            audited.remove(stages[place].role)
            agenda = [.awaitDisk, .readJournal]
        case .audited(let findings): take(findings)
        case .modelMade(let model): take(model)
        case .modelCompleted(let digest): take(completed: digest)
        case .exclusionEnded(let end): take(end)
        case .trimmed(let images):
            hasTrimmed = images == 0
            if !hasTrimmed {
                (place, facts) = (0, nil)
                agenda = [.readJournal]
            }
        case .productDamaged(let damage):
            note(.warning("\(damage): the model is made again"))
            (place, facts) = (0, nil)
            agenda = [.forgetModel, .examinePartials, .readJournal]
        case .nothingToMerge: close(.noneUsable)
        case .covarianceFault(let patch, let error):
            // Workers' sums are examined as they come; those that an earlier release took were not.
            fault = error
            agenda = [.discardImpossible(patch: patch)]
        case .discarded(let partials):
            if partials == 0, let fault { close(JobFailure(fault)) } else { agenda = [.readJournal] }
        case .failed(let error): take(failure: JobFailure(error))
        }
    }

    /// What an earlier run left behind is looked at before anything is dealt.
    private func opening(_ standing: JobStanding) -> [JobDirective] {
        // What the last run that came to its end could not read is tried once more: a folder that was not mounted may be there by now.
        // One that was stopped or killed goes on where it was.
        let isTriedAgain = standing.phase == .failed || standing.phase == .done
        // A product that was made is a result: nobody would do its images again.
        let open = stages.filter { !standing.hasMadeProduct(of: $0) }.map(\.role)
        return [.blameShardsInFlight] + [standing.model == nil ? .examinePartials : .examineModel] + [.sweep]
            + (isTriedAgain ? open.map(JobDirective.reopenUnreadable) : []) + [.register, .beginEpoch]
    }

    // MARK: Work

    /// What is due, where nothing is asked.
    private mutating func goOn() {
        guard course == .working, let standing else { return }
        while place < stages.count {
            let stage = stages[place]
            if standing.hasProduct(of: stage) {
                if stage.product == .model, !hasTrimmed { return agenda = [.trim] }
                if stage.product == .model, let model = standing.model { announce(model, standing) }
                facts = nil
                place += 1
                continue
            }
            if stage.role == .excluding, standing.counts(stage.role).total > 0, !hasExaminedPartials {
                hasExaminedPartials = true
                return agenda = [.examinePartials, .beginExclusion, .readJournal]
            }
            guard let facts else { return agenda = [.prepare(stage)] }
            let failed = standing.counts(stage.role).failed
            guard !stage.failsFast || failed <= stage.mostFailures else {
                return close(tooManyFailures(failed, of: stage))
            }
            if let toDo = standing.toDo(stage, mapBounds: facts.mapBounds) {
                return agenda = [.enter(stage.phase), .run(stage, toDo)]
            }
            if stage.role == .excluding, standing.counts(stage.role).total > 0 { return agenda = [.finishExclusion] }
            if stage.isAudited, !audited.contains(stage.role) { return agenda = [.audit(stage)] }
            switch stage.product {
            case .uncalibratedModel, .model:
                return agenda = stage.work == .sums ? [.enter(.merging), .makeModel] : [.completeModel]
            case .findings: return agenda = [.makeFindings(stage), .recordFindings(stage), .readJournal]
            case nil:
                place += 1
                self.facts = nil
            }
        }
        if !isExported {
            isExported = true
            agenda = [.enter(.done), .recordSummary, .export]
        } else if isWatching {
            agenda = [.awaitImages]
        } else {
            close(shortfall(standing))
        }
    }

    private mutating func announce(_ model: Digest, _ standing: JobStanding) {
        guard hasMadeModel else { return note(.answer("model.safetensors \(model) (fitted before)")) }
        note(.answer("model.safetensors \(model)"))
        for stage in stages[...place] {
            let (role, counts) = (stage.role, standing.counts(stage.role))
            guard role != .excluding else { continue }
            let excluded = counts.excluded > 0 ? ", \(counts.excluded) left out" : ""
            note(.answer("\(stage.participle) \(counts.ok) images, \(counts.failed) unusable\(excluded)"))
            guard counts.failed > 0 else { continue }
            note(
                .warning(
                    "which images were not usable, and why: padim export \(directory) --images \(role.rawValue) --unusable --csv FILE"
                ))
        }
    }

    /// Whether the job may have a model of this digest. One that was made again, because its file was damaged or is gone, is to be the one
    /// that was made before: images may have been scored with that.
    private mutating func accept(_ digest: Digest) -> Bool {
        guard let before = standing?.madeModel, before != digest else { return true }
        let isUsed = stages.contains { $0.work == .scores && standing?.roles[$0.role]?.hasCommitted == true }
        if isUsed {
            close(.otherModel(made: digest, before: before))
        } else {
            note(.warning(JobFailure.otherModelWords(made: digest, before: before)))
        }
        return !isUsed
    }

    /// Before anything is dealt they are registered like all others; later the inspection begins once more, with what is not done.
    private mutating func take(growth images: Int, mostFailures: Int) {
        for place in stages.indices where stages[place].role == .inspect {
            stages[place] = stages[place].allowing(failures: mostFailures)
        }
        guard course == .working, images > 0 else { return }
        (place, facts, isExported) = (0, nil, false)
        agenda = [.readJournal]
    }

    /// What was computed wrongly is done again, and audited once more.
    private mutating func take(_ findings: AuditFindings) {
        let stage = stages[place]
        let hasFolded = stages[..<place].contains { $0.work == .sums }
        findings.notes(stage.work, hasFolded: hasFolded).forEach { note($0) }
        agenda = [.recordAudit(stage, findings), .readJournal]
        guard findings.wrong.isEmpty else { return }
        audited.insert(stage.role)
        if let words = findings.undecidedInWords {
            close(.auditUndecided(words))
            agenda.insert(.recordAudit(stage, findings), at: 0)
        }
    }

    private mutating func take(_ end: ExclusionEnd) {
        switch end {
        case .done(let images):
            note(.answer("took \(images) images out"))
            agenda = [.readJournal]
        case .changed(let images): close(.excludedChanged(images.map(\.record.path)))
        case .damaged(let damaged):
            for (partial, damage) in damaged {
                note(.warning("\(damage): its \(partial.record.images) images are folded again"))
            }
            agenda = damaged.map { .discardPartial($0.partial) } + [.beginExclusion, .readJournal]
        }
    }

    private func tooManyFailures(_ count: Int, of stage: JobStage) -> JobFailure {
        stage.role == .excluding ? .excludedUnusable(count) : .tooManyFailures(count, most: stage.mostFailures)
    }

    private mutating func take(completed digest: Digest) {
        guard accept(digest) else { return }
        hasMadeModel = true
        agenda = [.recordCompleted(digest), .readJournal]
    }

    private mutating func take(_ model: MadeModel) {
        let isCompleted = stages[place].product == .model
        guard !isCompleted || accept(model.digest) else { return }
        hasMadeModel = true
        agenda = [isCompleted ? .recordModel(model) : .recordUncalibrated(model), .readJournal]
        if model.shareOfZeroChannels > 0.99 {
            note(
                .warning(
                    """
                    nearly all features are 0 on the fixed-point grid, so the model tells nothing apart; a larger --grid-exponent gives \
                    finer steps
                    """))
        }
        if let warning = model.size.warning { note(.warning(warning)) }
        if model.clamped > 0 {
            note(
                .warning(
                    """
                    \(model.clamped) features were beyond the fixed-point grid's range and set to its limit; a smaller \
                    --grid-exponent gives a wider range
                    """))
        }
    }

    // MARK: The end

    private mutating func take(failure: JobFailure) {
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
    private mutating func close(_ failure: JobFailure?) {
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
    private func shortfall(_ standing: JobStanding) -> JobFailure? {
        for stage in stages where !stage.failsFast {
            let counts = standing.counts(stage.role)
            if counts.failed > stage.mostFailures { return .tooManyUnusable(counts, most: stage.mostFailures) }
        }
        return nil
    }

    private mutating func note(_ note: JobNote) { notes.append(note) }

    // MARK: What must hold

    /// - Returns: what does not hold, in words; nil where all does.
    package func checkInvariants() -> String? {
        guard (0...stages.count).contains(place) else { return "the stage in turn is none of the job's" }
        if course == .working, !hasBegunEpoch { return "work is done in no epoch" }
        if facts != nil, place == stages.count { return "a stage is prepared when all are done" }
        if isExported, place < stages.count { return "results are exported before all stages are done" }
        let ends = agenda.count { if case .end = $0 { true } else { false } }
        if ends != (course == .closing ? 1 : 0) { return "the job has \(ends) ends, and is \(course)" }
        for directive in agenda {
            guard case .run(let stage, let toDo) = directive else { continue }
            if toDo.shards.map(\.id) != standing?.next(of: stage).map(\.id) {
                return "a stage is run on other shards than are open, or on those of several lots"
            }
            if stage != stages[place] { return "a stage is run that is not in turn" }
        }
        return nil
    }
}

extension JobFailure {
    public static func otherModelWords(made: Digest, before: Digest) -> String {
        "the model that was made again is \(made), and not \(before): images that it learns from have changed"
    }
}
