import Cluster

/// Brings faults about, until they stop.
final class Mischief {
    private unowned let world: World
    private var faults: ProcessFaults { world.scenario.processes }

    init(_ world: World) { self.world = world }

    /// Each kind of fault comes again and again, at random distances.
    func begin() {
        let (network, disk) = (world.scenario.network, world.scenario.disk)
        again(faults.killWorkerEvery) { $0.killWorker() }
        again(faults.killCoordinatorEvery) {
            $0.world.tally.count("coordinator killed")
            $0.world.killCoordinator()
        }
        again(faults.pauseEvery) { $0.pause() }
        again(faults.stopEvery) { $0.stopCoordinator() }
        again(faults.leaveEvery) { $0.letLeave() }
        again(network.partitionEvery) { $0.cut() }
        again(network.reconnectEvery) { $0.reconnect() }
        again(disk.fullEvery) { $0.fillDisk() }
        again(disk.cacheFullEvery) { $0.fillCache() }
        world.schedule(in: world.scenario.faultsUntil - world.now) { [unowned self] in calm() }
    }

    func killsCoordinatorNow() -> Bool {
        guard world.isFaulty, world.dice.oneIn(faults.coordinatorDiesOneStepIn) else { return false }
        world.tally.count("coordinator died between two steps")
        return true
    }

    func killsWorkerNow() -> Bool {
        guard world.isFaulty, faults.killWorkerEvery > 0, world.dice.oneIn(500) else { return false }
        world.tally.count("worker died between two steps")
        return true
    }

    /// Writing takes few steps; where workers are killed, some are in the midst of it.
    func killsWriterNow() -> Bool {
        guard world.isFaulty, faults.killWorkerEvery > 0, world.dice.oneIn(60) else { return false }
        world.tally.count("worker died while it wrote sums")
        return true
    }

    private func again(_ every: Int, _ deed: @escaping (Mischief) -> Void) {
        guard every > 0 else { return }
        world.schedule(in: world.dice.draw(0...Int64(2 * every))) { [unowned self] in
            guard world.isFaulty else { return }
            deed(self)
            again(every, deed)
        }
    }

    private func killWorker() {
        let worker = world.dice.pick(world.workers)
        guard worker.isAlive else { return }
        world.tally.count("worker killed")
        worker.note("is killed")
        worker.crash()
    }

    private func pause() {
        let length = world.dice.draw(Int64(500)...30_000)
        let who = world.dice.draw(0...world.workers.count)
        if who == world.workers.count {
            world.tally.count("coordinator paused")
            world.coordinator?.note("stands still for \(length) ms")
            world.coordinator?.pausedUntil = world.now + length
        } else {
            world.tally.count("worker paused")
            world.workers[who].note("stands still for \(length) ms")
            world.workers[who].pausedUntil = world.now + length
        }
    }

    private func stopCoordinator() {
        guard let coordinator = world.coordinator else { return }
        world.tally.count("coordinator stopped")
        coordinator.note("is asked to stop")
        coordinator.later(0) { $0.feed(.stop(.requested)) }
    }

    private func letLeave() {
        let worker = world.dice.pick(world.workers)
        guard worker.isAlive else { return }
        world.tally.count("worker asked to leave")
        worker.note("is asked to leave")
        worker.later(0) { $0.stop() }
    }

    private func cut() {
        let direction = world.dice.draw(0...2)
        let end = world.now + world.dice.draw(Int64(500)...20_000)
        let all = world.dice.percent(30)
        let one = world.dice.draw(0...world.workers.count - 1)
        world.tally.count(direction == 0 ? "partition both ways" : "partition one way")
        for worker in world.workers.indices where all || worker == one {
            world.workers[worker].note(
                "is cut off \(["both ways", "upwards", "downwards"][direction]) until \(end) ms")
            world.network.cut(worker, up: direction != 2, down: direction != 1, until: end)
        }
    }

    private func reconnect() {
        let worker = world.dice.pick(world.workers)
        guard worker.isAlive else { return }
        world.tally.count("worker reconnected")
        worker.note("connects anew")
        worker.later(0) { $0.connect() }
    }

    private func fillDisk() {
        let folder = world.folder
        world.tally.count("disk full")
        world.history.note(world.now, "disk", "is full")
        folder.disk.fill()
        world.schedule(in: world.dice.draw(Int64(200)...8_000)) { folder.disk.makeRoom() }
    }

    private func fillCache() {
        let worker = world.dice.pick(world.workers)
        worker.note("has no space left in its cache")
        worker.isCacheFull = true
        world.schedule(in: world.dice.draw(Int64(200)...8_000)) { worker.isCacheFull = false }
    }

    /// Faults stop: from here on the job must end. Who stands still goes on when its time has come.
    private func calm() {
        world.history.note(world.now, "world", "faults stop")
        for folder in world.folders { folder.disk.makeRoom() }
        for worker in world.workers { worker.isCacheFull = false }
        world.network.heal()
    }
}
