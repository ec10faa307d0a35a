import Cluster
import Gaussian
import JobRules
import Journal
import Storage

/// The file of a committed partial is damaged, and so no model can be made.
struct DamagedPartials: Error {}

/// Carries out what the job's core says. Between any two directives the process may die.
extension SimulatedCoordinator {
    private var spec: JobSpec { folder.spec }

    /// Tells the job's core, and does what it says, until something is to be waited for.
    func tellJob(_ first: JobEvent) {
        var event: JobEvent? = first
        while let told = event, isAlive {
            event = nil
            let directives = job.handle(told)
            if let broken = job.checkInvariants() { world.violate("the job's core: \(broken)") }
            for directive in directives {
                if case .note(let note) = directive {
                    self.note("says: \(note)")
                    continue
                }
                if world.mischief.killsCoordinatorNow() { return world.killCoordinator() }
                event = carryOut(directive)
            }
        }
    }

    /// - Returns: the answer; nil where it comes later.
    private func carryOut(_ directive: JobDirective) -> JobEvent? {
        do {
            if let answer = try books.perform(directive) { return took(answer, of: directive) }
        } catch {
            if let full = error as? DiskFull { world.tally.count("disk full for \(full.what)") }
            return .failed(error)
        }
        switch directive {
        case .examineModel: return .modelExamined(damage: world.flaw == .trustModel ? nil : damageOfModel)
        case .sweep: sweep()
        case .serve(let epoch, let isCareful):
            if isCareful { world.tally.count("start after a cut") }
            note("starts job \(spec.number), epoch \(epoch)")
            beginToServe(epoch: epoch, isCareful: isCareful)
        case .startWorkers: return answer(.done, in: 0...50)
        case .prepare: return .prepared(StageFacts(mapBounds: MapBounds(height: 8, width: 8)))
        case .run(let stage, let toDo): return run(stage, toDo)
        case .makeModel:
            // That takes a while, in which workers are answered.
            later(world.dice.draw(Int64(0)...2_000)) { $0.makeModel() }
            return nil
        case .discardImpossible: return .discarded(partials: 0)
        case .dismissWorkers: feed(.finish)
        case .awaitDisk:
            guard archive.isIdle else {
                later(5) { process in
                    if let answer = process.carryOut(.awaitDisk) { process.tellJob(answer) }
                }
                return nil
            }
        case .closeService: return answer(.done, in: 300...300)
        case .end(let failure):
            note(failure.map { "ends: \($0.name)" } ?? "has done job \(spec.number)")
            world.coordinatorEnded(failure)
            return nil
        default: break
        }
        return isAlive ? .done : nil
    }

    private func answer(_ event: JobEvent, in delay: ClosedRange<Int64>) -> JobEvent? {
        later(world.dice.draw(delay)) { $0.tellJob(event) }
        return nil
    }

    /// Looks at what the journal answers.
    private func took(_ answer: JobEvent, of directive: JobDirective) -> JobEvent {
        switch (answer, directive) {
        case (.blamed(let shards), _): if shards > 0 { judgeBlame() }
        case (.partialsExamined(let damaged), _):
            for (partial, _) in damaged where !folder.rotten.contains(partial.record.file) {
                folder.violate("the committed partial \(partial.record.file) did not survive")
            }
        case (_, .discardPartial(let partial)):
            world.tally.count("damaged partial folded again")
            folder.rotten.remove(partial.record.file)
        case (_, .forgetModel): world.tally.count("model made again")
        case (_, .recordEnd): hasClearedHands = true
        default: break
        }
        return answer
    }

    private func sweep() {
        let named = Set(folder.journal.partials().map(\.record.file))
        for name in folder.disk.names(in: "partials") where !named.contains(name) {
            world.tally.count("stray partial swept")
            folder.disk.remove(name, in: "partials")
        }
    }

    private var damageOfModel: String? {
        guard let file = folder.disk.read("model", in: "results") else { return "there is no model" }
        return Digest(of: file) == folder.journal.value(.model) ? nil : "the model is damaged"
    }

    private func run(_ stage: JobStage, _ toDo: ShardsToDo) -> JobEvent? {
        if let pendingError { return .failed(pendingError) }
        let work: Work
        switch stage.work {
        case .sums:
            guard let space = try? spec.space(weights: world.weights.digest) else { return .failed(DamagedPartials()) }
            work = .accumulate(space: space, weights: world.weights)
            self.stage = (stage, nil)
        case .heldOutScores: return .failed(DamagedPartials())
        case .scores:
            work = .inspect(model: world.publish(model: folder.model), weights: world.weights, order: spec.order)
            self.stage = (stage, spec.order)
        }
        stageNumber += 1
        role = stage.role
        wait.begin(at: Instant(milliseconds: world.now))
        hasHeardOfUnfit = false
        note("opens stage \(stageNumber), \(toDo.shards.count) shards")
        feed(.openStage(Stage(number: stageNumber, work: work), toDo))
        return nil
    }

    /// Ends the stage under way; without one, a failure is kept for the next.
    func end(_ ending: JobEvent) {
        guard stage != nil else {
            if case .failed(let failure) = ending, pendingError == nil { pendingError = failure }
            return
        }
        stage = nil
        _ = answer(ending, in: 0...20)
    }

    private func makeModel() {
        guard !folder.journal.partials().isEmpty else { return tellJob(.nothingToMerge) }
        guard let sums = folder.merged() else { return tellJob(.failed(DamagedPartials())) }
        folder.check(sums)
        let bytes = withUnsafeBytes(of: sums.tag) { Array($0) }
        var file = 0
        let steps: [() throws -> Void] = [
            { [self] in
                file = try folder.disk.create(in: "results")
                try folder.disk.write(file, bytes, at: 0)
                try folder.disk.sync(file)
            },
            { [self] in folder.disk.rename(file, to: "model", in: "results") },
            { [self] in folder.disk.syncFolder("results") },
        ]
        do {
            for step in steps {
                try step()
                if world.mischief.killsCoordinatorNow() { return world.killCoordinator() }
            }
        } catch {
            return tellJob(.failed(error))
        }
        let digest = Digest(of: bytes)
        folder.models[digest] = sums.tag
        folder.isModelRotten = false
        note("has merged the sums of \(sums.images) images")
        tellJob(
            .modelMade(
                MadeModel(
                    digest: digest, sums: digest, size: ModelSize(images: sums.images, channels: spec.dimension),
                    clamped: 0, shareOfZeroChannels: 0)))
    }
}

extension JobFailure {
    /// What it is, in a word.
    var name: String {
        switch self {
        case .stopped: "stopped"
        case .tooManyFailures, .tooManyUnusable: "tooManyFailures"
        case .noneUsable: "nothingUsable"
        case .otherModel: "otherModel"
        case .workersGiveUp: "workersGiveUp"
        case .workersBreakTheProtocol: "workersBreakTheProtocol"
        case .noWorker: "noWorker"
        case .other(let error): error is DiskFull ? "disk" : error is DamagedPartials ? "damaged" : "refused: \(error)"
        }
    }
}
