import Cluster
import Journal
import Storage

/// The course of a job, as a value: it takes what was done and returns what is to be done next. No socket, file, thread or clock inside.
///
/// What is done next follows from what the journal says, which is read again after each step that changes it: what an earlier run
/// finished is not done again, and a partial that is thrown out, or a model that is forgotten, has its images dealt, or itself made,
/// again. One thing is asked at a time, so that a shell may be killed between any two.
public struct JobCore: Sendable {
    enum Course: Equatable, Sendable {
        /// Nothing is dealt yet.
        case opening
        case working
        /// The end is decided, and what fails now changes nothing.
        case closing
        case over
    }

    /// The job's directory, for messages.
    let directory: String
    var stages: [JobStage]
    var course = Course.opening
    /// The directive that is being carried out.
    private var asked: JobDirective?
    /// The directives that follow, in order.
    var agenda: [JobDirective] = []
    private var notes: [JobNote] = []
    var standing: JobStanding?
    /// The stage whose turn it is, and what is known of it once it is prepared.
    var place = 0
    var facts: StageFacts?
    var hasBegunEpoch = false
    var isExported = false
    /// Whether the partials were looked at from which images are to be taken out: at the start they are not where there is a model.
    private var hasExaminedPartials = false
    /// The roles of stages whose present results were audited.
    var audited: Set<ImageRole> = []
    /// Whether no image is to be taken out by its score any more.
    private var hasTrimmed: Bool
    /// Whether more images are waited for once all are done.
    private var isWatching: Bool
    /// Whether it was said what is doubtful about a model that another job made: it is the same each time that images are added.
    private var hasToldOfModel = false
    /// Whether this run made the model.
    var hasMadeModel = false
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

    /// Before anything is dealt they are registered like all others; later the inspection begins once more, with what is not done.
    private mutating func take(growth images: Int, mostFailures: Int) {
        for place in stages.indices where stages[place].role == .inspect {
            stages[place] = stages[place].allowing(failures: mostFailures)
        }
        guard course == .working, images > 0 else { return }
        (place, facts, isExported) = (0, nil, false)
        agenda = [.readJournal]
    }

    mutating func note(_ note: JobNote) { notes.append(note) }
}
