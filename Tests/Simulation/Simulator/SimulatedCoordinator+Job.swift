import Cluster
import Gaussian
import Storage

/// The job's story, as `JobRunner`, `FitJob` and `InspectJob` tell it. Between any two of its steps the process may die.
extension SimulatedCoordinator {
    private struct Death: Error {}
    private struct Failed: Error { let failure: Failure }

    private var spec: JobSpec { folder.spec }

    /// What the process does first.
    func open() {
        perform {
            try blameShardsInHand()
            try mayDie()
            if folder.journal.model == nil, world.flaw != .trustPartials {
                for partial in folder.journal.partials { try look(at: partial) }
            }
            let named = Set(folder.journal.partials.map(\.file))
            for name in folder.disk.names(in: "partials") where !named.contains(name) {
                world.tally.count("stray partial swept")
                folder.disk.remove(name, in: "partials")
            }
            try mayDie()
            if folder.journal.phase == .failed || folder.journal.phase == .done {
                let whole = world.flaw == .reopenWholeShards
                try folder.write("reopened images") { $0.reopenUnreadable(.normal, whole: whole) }
                try folder.write("reopened images") { $0.reopenUnreadable(.inspect, whole: whole) }
            }
            if world.flaw == .dealCommittedAgain { folder.journal.forgetCommits() }
            let wasCutOff = folder.journal.wasCutOff && world.flaw != .forgetTheCut
            if wasCutOff { world.tally.count("start after a cut") }
            var epoch: Int64 = 0
            try folder.write("an epoch") { epoch = $0.beginEpoch(raising: world.flaw != .reuseNumbers) }
            note("starts job \(spec.number), epoch \(epoch)")
            try mayDie()
            beginToServe(epoch: epoch, isCareful: wasCutOff)
            later(world.dice.draw(Int64(0)...50)) { $0.goOn() }
        }
    }

    private func look(at partial: SimulatedJournal.Partial) throws {
        let bytes = folder.disk.read(partial.file, in: "partials")
        guard PartialFile.records(of: bytes, images: partial.images, spec) == nil else { return }
        note("finds \(partial.file) damaged: its \(partial.images) images are folded again")
        world.tally.count("damaged partial folded again")
        if !folder.rotten.contains(partial.file) {
            folder.violate("the committed partial \(partial.file) did not survive")
        }
        try folder.write("a discard") { $0.discard(partial: partial.id) }
        folder.rotten.remove(partial.file)
        try mayDie()
    }

    /// The next thing to do.
    func goOn() { perform { try work() } }

    private func work() throws {
        if let doom { throw Failed(failure: doom) }
        if spec.normal > 0, folder.journal.model == nil || folder.disk.read("model", in: "results") == nil {
            if !hasAccumulated, try accumulate() { return }
            return try merge()
        }
        if spec.inspected > 0, try inspect() { return }
        try enter(.done)
        close(folder.journal.failed(.inspect) > spec.mostFailures ? .tooManyFailures : nil)
    }

    private func enter(_ phase: SimulatedJournal.Phase) throws { try folder.write("a phase") { $0.phase = phase } }

    /// - Returns: whether there is something to wait for.
    private func accumulate() throws -> Bool {
        guard let toDo = try toDo(.normal) else { return false }
        try enter(.accumulating)
        hasAccumulated = true
        run(.accumulate(space: try space(), weights: world.weights), .normal, toDo)
        return true
    }

    /// Adds the partials up; that takes a while, in which workers are answered.
    private func merge() throws {
        try enter(.merging)
        later(world.dice.draw(Int64(0)...2_000)) { process in
            process.perform {
                let folder = process.folder
                guard !folder.journal.partials.isEmpty else { throw Failed(failure: .nothingUsable) }
                guard let sums = folder.merged() else { throw Failed(failure: .damaged) }
                folder.check(sums)
                try process.mayDie()
                let file = try folder.disk.create(in: "results")
                try folder.disk.write(file, withUnsafeBytes(of: sums.tag) { Array($0) }, at: 0)
                try folder.disk.sync(file)
                try process.mayDie()
                folder.disk.rename(file, to: "model", in: "results")
                folder.disk.syncFolder("results")
                try process.mayDie()
                try folder.write("the model") { $0.model = sums.tag }
                process.note("has merged the sums of \(sums.images) images")
                process.later(0) { $0.goOn() }
            }
        }
    }

    private func inspect() throws -> Bool {
        guard let toDo = try toDo(.inspect) else { return false }
        try enter(.inspecting)
        let model = world.putOnShelf(model: folder.model)
        run(.inspect(model: model, weights: world.weights, order: spec.order), .inspect, toDo)
        return true
    }

    private func toDo(_ role: SimulatedJournal.Role) throws -> ShardsToDo? {
        let failed = folder.journal.failed(role)
        let mostFailures = role == .normal || spec.failsFast ? spec.mostFailures : .max
        guard failed <= mostFailures else { throw Failed(failure: .tooManyFailures) }
        let open = folder.journal.shards(role).filter { !$0.isCommitted }
        guard !open.isEmpty else { return nil }
        return ShardsToDo(
            shards: open.map(\.range), lastShard: folder.journal.lastShard, failures: failed,
            mostFailures: mostFailures, deaths: open.deaths)
    }

    private func space() throws -> FeatureSpace { try spec.space(weights: world.weights.digest) }

    private func run(_ work: Work, _ role: SimulatedJournal.Role, _ toDo: ShardsToDo) {
        stageNumber += 1
        var order: InspectionOrder?
        if case .inspect(_, _, let wanted) = work { order = wanted }
        stage = (role, order)
        lastFit = world.now
        hasHeardOfUnfit = false
        note("opens stage \(stageNumber), \(toDo.shards.count) shards")
        feed(.openStage(Stage(number: stageNumber, work: work), toDo))
    }

    /// Ends the stage under way; without one, a failure is kept for the next.
    func end(_ ending: Ending) {
        guard stage != nil else {
            if case .failure(let failure) = ending, doom == nil { doom = failure }
            return
        }
        stage = nil
        later(world.dice.draw(Int64(0)...20)) { $0.settle(ending) }
    }

    /// Waits for the disk before the journal is read for the next stage.
    private func settle(_ ending: Ending) {
        if case .failure(let failure) = ending { return close(failure) }
        guard archive.isIdle else { return later(5) { $0.settle(ending) } }
        goOn()
    }

    /// The end of the process: workers are dismissed unless the job goes on later, the disk's queue is emptied, and those who
    /// speak are answered for a moment.
    private func close(_ failure: Failure?) {
        guard !isClosing else { return }
        isClosing = true
        note(failure.map { "ends: \($0)" } ?? "has done job \(spec.number)")
        if failure != .stopped { feed(.finish) }
        drain(failure)
    }

    private func drain(_ failure: Failure?) {
        guard isAlive else { return }
        guard archive.isIdle else { return later(5) { $0.drain(failure) } }
        later(300) { process in
            process.clearHands()
            if let failure, failure != .stopped, process.folder.journal.phase != .done {
                try? process.folder.write("failed") { $0.phase = .failed }
            }
            process.world.coordinatorEnded(failure)
        }
    }

    private func mayDie() throws { if world.mischief.killsCoordinatorNow() { throw Death() } }

    private func perform(_ steps: () throws -> Void) {
        do {
            try steps()
        } catch is Death {
            world.killCoordinator()
        } catch let failed as Failed {
            close(failed.failure)
        } catch let full as DiskFull {
            world.tally.count("disk full for \(full.what)")
            close(.disk)
        } catch {
            world.violate("the job ends: \(error)")
        }
    }
}
