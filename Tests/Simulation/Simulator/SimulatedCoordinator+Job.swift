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

    /// No job has so much to do without waiting for anything.
    private static let mostAnswersAtOnce = 1_000

    /// Tells the job's core, and does what it says, until something is to be waited for.
    func tellJob(_ first: JobEvent) {
        var event: JobEvent? = first
        var answers = 0
        while let told = event, isAlive {
            event = nil
            answers += 1
            if answers > Self.mostAnswersAtOnce { return world.violate("the job's core goes in circles") }
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
        case .register, .beginExclusion:
            do {
                try folder.beginExclusion()
                // What came while nobody looked.
                if case .register = directive, folder.expectsMore, folder.journal.value(.phase) != nil {
                    return try grow()
                }
            } catch {
                return .failed(error)
            }
        case .awaitImages:
            later(world.dice.draw(Int64(0)...3_000)) { process in
                do { process.tellJob(try process.grow()) } catch { process.tellJob(.failed(error)) }
            }
            return nil
        case .serve(let epoch, let isCareful):
            if isCareful { world.tally.count("start after a cut") }
            note("starts job \(spec.number), epoch \(epoch)")
            beginToServe(epoch: epoch, isCareful: isCareful)
        case .startWorkers: return answer(.done, in: 0...50)
        case .prepare(let stage):
            return stage.work == .heldOutScores
                ? prepareCalibration() : .prepared(StageFacts(mapBounds: MapBounds(height: 8, width: 8)))
        case .run(let stage, let toDo): return run(stage, toDo)
        case .audit(let stage): return audit(stage)
        case .makeModel:
            // That takes a while, in which workers are answered.
            later(world.dice.draw(Int64(0)...2_000)) { $0.makeModel() }
            return nil
        case .completeModel:
            later(world.dice.draw(Int64(0)...100)) { $0.completeModel() }
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

    /// Takes up the next images of a list that grows.
    private func grow() throws -> JobEvent {
        if let pendingError { return .failed(pendingError) }
        guard folder.expectsMore else { return .watchEnded }
        let there = folder.journal.counts(.inspect).total
        var (portions, sum) = (0, 0)
        while portions < spec.portions.count, sum <= there {
            sum += spec.portions[portions]
            portions += 1
        }
        let images = try folder.grow(toPortions: portions, forgetful: world.flaw == .addImagesAgain && life > 1)
        note("finds \(images) more images")
        return .grown(images: images, mostFailures: spec.mostFailures)
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
        case (.exclusionEnded(.done), _): world.tally.count("images taken out")
        case (.exclusionEnded(.damaged), _): world.tally.count("images taken out of damaged sums")
        case (_, .recordCompleted): folder.disk.remove(JobFolder.waitingModel, in: "results")
        case (_, .recordEnd): hasClearedHands = true
        default: break
        }
        return answer
    }

    private func sweep() {
        folder.probe = nil
        folder.mergeTarget = nil
        for name in folder.disk.names(in: "results") where name.hasPrefix("temporary") {
            folder.disk.remove(name, in: "results")
        }
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
            folder.probe = "\(world.now)"
            work = .accumulate(
                space: space, weights: world.weights,
                folder: SharedFolder(
                    directory: "/job\(spec.number)", probe: "seen", probeValue: folder.probe ?? ""),
                audit: stage.isAudited ? JobSpec.audit : nil)
            self.stage = (stage, nil)
        case .heldOutScores:
            guard let space = try? spec.space(weights: world.weights.digest), let tag = calibratedTag else {
                return .failed(DamagedPartials())
            }
            let lot = folder.journal.shards(.calibration).first { $0.id == toDo.shards.first?.id }?.lot
            let withoutLot = lot.flatMap { folder.model(tag, withoutLot: $0) }
            if lot != nil, withoutLot == nil { return .failed(DamagedPartials()) }
            guard let told = calibration(space, withoutLot: withoutLot.map { world.publish(model: $0) }) else {
                return .failed(DamagedPartials())
            }
            work = told
            self.stage = (stage, nil)
        case .contents:
            guard let space = try? spec.space(weights: world.weights.digest) else { return .failed(DamagedPartials()) }
            work = .identify(space: space)
            self.stage = (stage, nil)
        case .scores:
            folder.sweepArtifacts()
            work = .inspect(model: world.publish(model: folder.model), weights: world.weights, order: spec.order)
            self.stage = (stage, spec.order)
        }
        stageNumber += 1
        role = stage.role
        wait.begin(at: Instant(milliseconds: world.now))
        hasHeardOfUnfit = false
        note("opens stage \(stageNumber), \(toDo.shards.count) shards")
        feed(.openStage(Stage(number: stageNumber, work: work, servesImages: world.images.areServed), toDo))
        return nil
    }

    /// Ends the stage under way; without one, a failure is kept for the next.
    func end(_ ending: JobEvent) {
        guard stage != nil else {
            if merging != nil {
                dropMerge()
                _ = answer(ending, in: 0...20)
            } else if case .failed(let failure) = ending, pendingError == nil {
                pendingError = failure
            }
            return
        }
        if stage?.stage.work == .scores, case .stageEnded = ending { folder.sweepArtifacts() }
        stage = nil
        isAuditing = false
        folder.probe = nil
        _ = answer(ending, in: 0...20)
    }

    private func makeModel() {
        sweep()
        guard !folder.journal.partials().isEmpty else { return tellJob(.nothingToMerge) }
        guard let sums = folder.merged() else { return tellJob(.failed(DamagedPartials())) }
        folder.check(sums)
        guard core.progress.workers > 0 else { return mergeDone(sums) }
        if let pendingError { return tellJob(.failed(pendingError)) }
        do {
            try beginMerge(sums)
        } catch {
            dropMerge()
            tellJob(.failed(error))
        }
    }

    /// The sums are merged: the model is made of them.
    func mergeDone(_ sums: Sums) {
        guard let digest = write(model: sums.tag, to: spec.isCalibrated ? JobFolder.waitingModel : "model") else {
            return
        }
        note("has merged the sums of \(sums.images) images")
        tellJob(
            .modelMade(
                MadeModel(
                    digest: digest, sums: digest, size: ModelSize(images: sums.images, channels: spec.dimension),
                    clamped: 0, shareOfZeroChannels: 0)))
    }

    /// Writes a model's file, durably.
    /// - Returns: its digest; nil where that did not come to its end, and the job's core knows, or the process is dead.
    private func write(model tag: UInt64, to name: String) -> Digest? {
        let bytes = withUnsafeBytes(of: tag) { Array($0) }
        var file = 0
        let steps: [() throws -> Void] = [
            { [self] in
                file = try folder.disk.create(in: "results")
                try folder.disk.write(file, bytes, at: 0)
                try folder.disk.sync(file)
            },
            { [self] in folder.disk.rename(file, to: name, in: "results") },
            { [self] in folder.disk.syncFolder("results") },
        ]
        do {
            for step in steps {
                try step()
                if world.mischief.killsCoordinatorNow() {
                    world.killCoordinator()
                    return nil
                }
            }
        } catch {
            tellJob(.failed(error))
            return nil
        }
        let digest = Digest(of: bytes)
        folder.models[digest] = tag
        return digest
    }

    // MARK: Calibration

    private var uncalibratedTag: UInt64? { folder.journal.value(.uncalibratedModel).flatMap { folder.models[$0] } }

    private var calibratedTag: UInt64? { spec.calibratesGiven ? spec.givenModel : uncalibratedTag }

    func calibration(_ space: FeatureSpace, withoutLot: Blob?) -> Work? {
        calibratedTag.map { tag in
            .calibrate(
                space: space, model: world.publish(model: tag), weights: world.weights, order: spec.calibrationOrder,
                withoutLot: withoutLot)
        }
    }

    /// The model is examined, and its images are taken up, unless they are those of this model already.
    private func prepareCalibration() -> JobEvent {
        let given = withUnsafeBytes(of: spec.givenModel) { Digest(of: $0) }
        guard let digest = spec.calibratesGiven ? given : folder.journal.value(.uncalibratedModel),
            spec.calibratesGiven || world.flaw == .trustWaitingModel
                || folder.disk.read(JobFolder.waitingModel, in: "results").map({ Digest(of: $0) }) == digest
        else {
            world.tally.count("model that waits was lost")
            return .productDamaged("the model that waits is gone")
        }
        if spec.calibratesGiven, folder.journal.counts(.normal).ok == 0 { return .nothingToMerge }
        do {
            if folder.journal.value(.calibratedBy) != digest {
                let images = folder.journal.images.indices.filter {
                    folder.journal.images[$0].role == .normal && folder.journal.images[$0].status == .ok
                }
                let originals = images.map { ImageID(1).advanced(by: $0) }
                try folder.journal.registerCopies(
                    of: originals, role: .calibration,
                    shards: JobSpec.shards(ofLots: originals.map(spec.lot), spec.shardSize))
                if world.mischief.killsCoordinatorNow() {
                    world.killCoordinator()
                    return .done
                }
                try folder.journal.set(.calibratedBy, to: digest)
            }
        } catch {
            return .failed(error)
        }
        return .prepared(StageFacts(mapBounds: MapBounds(height: 8, width: 8), hasTakenUpImages: true))
    }

    private func completeModel() {
        let file = folder.disk.read(JobFolder.waitingModel, in: "results")
        guard
            let tag = spec.calibratesGiven
                ? spec.givenModel : file.map({ folder.models[Digest(of: $0)] ?? Truth.mix(0xBAD) })
        else { return tellJob(.failed(DamagedPartials())) }
        var (scores, sums) = ([Float](), [Int64](repeating: 0, count: spec.patches))
        for shard in folder.journal.shards.values where shard.role == .calibration {
            let payload = CalibrationPayload(
                bytes: shard.payload ?? [], images: shard.range.count, rules: 1, patches: spec.patches,
                lots: shard.lot == nil ? .none : .byOwnModel)
            guard let payload else {
                folder.violate("shard \(shard.range.id) of the calibration has no payload")
                return tellJob(.failed(DamagedPartials()))
            }
            scores += (payload.scores + (payload.lotScores ?? [])).flatMap { $0 }
            for patch in sums.indices { sums[patch] += payload.sums[patch] }
        }
        world.tally.count(spec.calibratesGiven ? "given model calibrated" : "model calibrated")
        guard let digest = write(model: Truth.calibrated(tag, scores: scores, sums: sums), to: "model") else { return }
        tellJob(.modelCompleted(digest))
    }
}

extension JobFailure {
    /// What it is, in a word.
    var name: String {
        switch self {
        case .stopped: "stopped"
        case .tooManyFailures, .tooManyUnusable: "tooManyFailures"
        case .noneUsable: "nothingUsable"
        case .excludedUnusable: "excludedUnusable"
        case .excludedChanged: "excludedChanged"
        case .otherModel: "otherModel"
        case .workersGiveUp: "workersGiveUp"
        case .workersBreakTheProtocol: "workersBreakTheProtocol"
        case .noWorker: "noWorker"
        case .auditUndecided: "auditUndecided"
        case .other(let error): error is DiskFull ? "disk" : error is DamagedPartials ? "damaged" : "refused: \(error)"
        }
    }
}
