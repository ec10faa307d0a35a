import Cluster
import JobRules
import Storage

/// A worker's heavy work, one thing after the other, as `WorkerExecutor` does it: an order of before the last reset is void when its
/// turn comes, and one under way ends without a word.
final class SimulatedExecutor {
    enum Order {
        case seek(Blob)
        case store(Blob, offset: Int64, [UInt8])
        case seal(Blob)
        case prepare(Stage)
        case begin(session: SessionID, lease: LeaseID, [ImageTask])
        case beginRange(lease: LeaseID, patches: Range<Int>)
        case storeSums(upload: UploadID)
        case offer(session: SessionID, upload: UploadID, chunkPatches: Int)
        case sendChunk(session: SessionID, upload: UploadID, index: Int, chunkPatches: Int)
        case zeroSums
        case clearRunner
    }

    struct StageRunner {
        let stage: Stage
        var sums: Sums?
    }

    weak var worker: SimulatedWorker?
    /// Counts the resets.
    private(set) var generation = 0
    private var queue: [(given: Int?, order: Order)] = []
    private(set) var runner: StageRunner?
    private var arriving: (blob: Blob, pieces: Set<Int64>, isSound: Bool)?
    /// The images that the shard at the head of the queue waits for, and those that the coordinator does not have.
    private var images: (awaited: Set<ServedImage>, missing: Set<ImageID>) = ([], [])
    /// Works on that shard; or passes over it, where its session is over.
    private var goOn: ((_ isVoid: Bool) -> Void)?
    /// A blob of which a piece found no space.
    private var holed: Blob?

    var count: Int { queue.count }

    func reset() {
        generation += 1
        // What is under way is not to be stopped; what waits is forgotten.
        queue = Array(queue.prefix(1))
        enqueue(nil, .clearRunner)
        goOnWithShard(isVoid: true)
    }

    func order(_ order: Order) { enqueue(generation, order) }

    private func enqueue(_ given: Int?, _ order: Order) {
        queue.append((given, order))
        if queue.count == 1 { startNext() }
    }

    private func startNext() {
        guard let worker, let next = queue.first else { return }
        // Void orders cost nothing.
        let isVoid = next.given.map { $0 != generation } ?? false
        worker.later(isVoid ? 0 : duration(next.order, worker)) { worker in
            let executor = worker.executor
            executor.goOn = { [unowned worker] isVoid in
                if !isVoid { executor.perform(next.order, given: next.given ?? executor.generation, worker) }
                executor.finish(worker)
            }
            if case .storeSums(let upload) = next.order, !isVoid {
                executor.goOn = nil
                executor.storeSums(upload, next.given ?? executor.generation, worker)
            } else if case .beginRange(let lease, let patches) = next.order, !isVoid {
                executor.goOn = nil
                executor.mergeRange(lease, patches, next.given ?? executor.generation, worker)
            } else if case .begin(_, let lease, let images) = next.order, !isVoid, !worker.seesImages {
                executor.ask(for: images, lease, next.given ?? executor.generation, worker)
            } else {
                executor.goOnWithShard(isVoid: isVoid)
            }
        }
    }

    /// The stage has to be prepared once more.
    func dropRunner() { runner = nil }

    /// The order at the head of the queue is done.
    func finish(_ worker: SimulatedWorker) {
        guard worker.isAlive, worker.executor === self else { return }
        queue.removeFirst()
        startNext()
    }

    // MARK: images that the coordinator sends

    private func ask(for tasks: [ImageTask], _ lease: LeaseID, _ given: Int, _ worker: SimulatedWorker) {
        // The session may have ended while the shard was worked on.
        guard given == generation else { return goOnWithShard(isVoid: true) }
        images = (Set(tasks.map { ServedImage(lease: lease, image: $0.id) }), [])
        for task in tasks { report(.wantImage(ServedImage(lease: lease, image: task.id)), given, worker) }
    }

    private func goOnWithShard(isVoid: Bool) {
        images.awaited = []
        let deed = goOn
        goOn = nil
        deed?(isVoid)
    }

    func arrived(_ image: ServedImage, offset: Int64, _ bytes: [UInt8], isLast: Bool) {
        guard let world = worker?.world, images.awaited.contains(image) else { return }
        // A worker may wait for an image of the last job when the next one has begun already, with an image of the same number.
        let isAsSent = world.folders.contains { folder in
            world.image(folder.task(image.image)).map { world.content(of: $0).content.isPiece(bytes, at: offset) }
                ?? false
        }
        if !isAsSent, world.flaw != .trustTheWire {
            world.violate("an image came otherwise than it was sent")
        }
        guard isLast else { return }
        world.tally.count("image served")
        images.awaited.remove(image)
        if images.awaited.isEmpty { goOnWithShard(isVoid: false) }
    }

    func unavailable(_ image: ServedImage) {
        guard images.awaited.remove(image) != nil else { return }
        images.missing.insert(image.image)
        if images.awaited.isEmpty { goOnWithShard(isVoid: false) }
    }

    private func duration(_ order: Order, _ worker: SimulatedWorker) -> Int64 {
        let dice = worker.world.dice
        switch order {
        case .clearRunner, .zeroSums: return 0
        case .seek, .store, .seal, .storeSums, .offer, .sendChunk: return dice.draw(Int64(0)...5)
        case .beginRange(_, let patches): return dice.draw(1...2 * worker.spec.pace) * Int64(patches.count)
        case .prepare: return dice.draw(Int64(20)...500)
        case .begin(_, _, let images):
            if worker.world.isFaulty, dice.oneIn(worker.world.scenario.hangs.oneIn) {
                worker.world.tally.count("worker hangs")
                worker.note("hangs")
                return .max / 2
            }
            return dice.draw(1...2 * worker.spec.pace) * Int64(images.count)
        }
    }

    func report(_ event: WorkerEvent, _ given: Int, _ worker: SimulatedWorker) {
        if worker.world.flaw == .hideUnusableBlobs, case .blobUnusable = event { return }
        let executor = self
        worker.later(worker.world.dice.draw(Int64(0)...1)) { worker in
            guard executor.generation == given else { return }
            worker.feed(event)
        }
    }

    private func perform(_ order: Order, given: Int, _ worker: SimulatedWorker) {
        let world = worker.world
        switch order {
        case .clearRunner:
            if world.flaw != .keepSumsOverSessions { runner = nil }
        case .seek(let blob):
            let isHere = worker.cache.contains(blob.digest.bytes) || worker.spec.seesDirectory
            report(isHere ? .blobReady(blob) : .blobAbsent(blob), given, worker)
        case .store(let blob, let offset, let bytes): store(blob, offset, bytes, given, worker)
        case .seal(let blob): seal(blob, given, worker)
        case .prepare(let stage): prepare(stage, given, worker)
        case .begin(let session, let lease, let images): begin(session, lease, images, given, worker)
        case .storeSums, .beginRange: break
        case .offer(let session, let upload, let chunkPatches):
            guard given == generation, let sums = runner?.sums else { return }
            let chunks = (sums.patches + chunkPatches - 1) / chunkPatches
            _ = world.network.send(
                .offer(
                    session: session, upload: upload, images: sums.images + (world.lies(.wrongCount) ? 1 : 0),
                    clamped: 0,
                    chunks: chunks), [],
                from: worker.number)
        case .sendChunk(let session, let upload, let index, let chunkPatches):
            guard given == generation, let sums = runner?.sums else { return }
            let first = index * chunkPatches
            guard first < sums.patches else { return }
            var bytes = sums.chunk(patches: first..<min(first + chunkPatches, sums.patches))
            if world.isFaulty, world.dice.oneIn(world.scenario.processes.liesOneIn) { spoil(&bytes, world.dice) }
            if world.lies(.shortChunk) { bytes.removeLast() }
            _ = world.network.send(
                .chunk(session: session, upload: upload, index: index), bytes, from: worker.number)
        case .zeroSums:
            if world.flaw != .keepSums { runner?.sums?.reset() }
        }
    }

    /// A machine with bad memory: sums that no images give.
    func spoil(_ bytes: inout [UInt8], _ dice: Dice) {
        if dice.percent(25) {
            bytes[bytes.count - 1] ^= 0x80
        } else {
            // Possible alone, and impossible beside the sum.
            bytes.replaceSubrange(bytes.count - 8..<bytes.count, with: [UInt8](repeating: 0, count: 8))
        }
    }

    private func store(_ blob: Blob, _ offset: Int64, _ bytes: [UInt8], _ given: Int, _ worker: SimulatedWorker) {
        guard !worker.isCacheFull else {
            // What has arrived stays: a hole in it is found by the digest.
            holed = blob
            worker.world.tally.count("cache full for a piece")
            return report(.blobUnusable(blob, reason: "no space left"), given, worker)
        }
        if arriving?.blob != blob { arriving = (blob, [], true) }
        arriving?.pieces.insert(offset)
        if worker.world.blobs[blob.digest]?.isPiece(bytes, at: offset) != true { arriving?.isSound = false }
    }

    private func seal(_ blob: Blob, _ given: Int, _ worker: SimulatedWorker) {
        let pieces = worker.world.blobs[blob.digest]?.pieces ?? 0
        let isWhole = arriving.map { $0.blob == blob && $0.isSound && $0.pieces.count == pieces } ?? false
        let hasHoles = holed == blob
        (arriving, holed) = (nil, nil)
        guard !worker.isCacheFull else {
            worker.world.tally.count("cache full for a blob")
            return report(.blobUnusable(blob, reason: "no space left"), given, worker)
        }
        guard isWhole else {
            if hasHoles { worker.world.tally.count("cache with a hole") }
            if !hasHoles, worker.world.flaw != .trustTheWire {
                worker.world.violate("a blob came otherwise than it was sent")
            }
            return report(.blobUnusable(blob, reason: "what came is not what its digest says"), given, worker)
        }
        worker.world.tally.count("blob fetched")
        worker.cache.insert(blob.digest.bytes)
        report(.blobReady(blob), given, worker)
    }

    private func prepare(_ stage: Stage, _ given: Int, _ worker: SimulatedWorker) {
        let world = worker.world
        let old = runner?.sums
        runner = nil
        if world.isFaulty, world.dice.oneIn(world.scenario.processes.unfitOneIn) {
            return report(.ineligible(stage: stage.number, reason: "no memory"), given, worker)
        }
        if case .merge(let order) = stage.work, Self.folder(of: order, worker) == nil {
            return report(.ineligible(stage: stage.number, reason: "it does not see the directory"), given, worker)
        }
        var sums: Sums?
        if case .accumulate(let space, _, _, _) = stage.work {
            sums = Sums(patches: space.patches, dimension: space.dimension)
            if world.flaw == .keepSumsOverSessions, let old { sums = old }
        }
        runner = StageRunner(stage: stage, sums: sums)
        let sees = worker.spec.seesDirectory && sumsFolder(worker) != nil
        report(.prepared(stage: stage.number, writesSums: sees), given, worker)
    }

    private func begin(
        _ session: SessionID, _ lease: LeaseID, _ images: [ImageTask], _ given: Int, _ worker: SimulatedWorker
    ) {
        let world = worker.world
        let known = images.compactMap { world.image($0) }
        if known.contains(where: { $0.folder.spec.poison.contains($0.id) }) {
            worker.note("dies of an image in \(images.map(\.id))")
            world.tally.count("worker poisoned")
            worker.die()
            if known.contains(where: { $0.folder.spec.isDeadly }) {
                world.tally.count("coordinator poisoned")
                world.killCoordinator()
            }
            return
        }
        guard let stage = runner?.stage, !(world.isFaulty && world.dice.oneIn(world.scenario.processes.giveUpOneIn))
        else {
            // The shard may be half in the sums.
            runner = nil
            return report(.reported(lease: lease, .abandoned(reason: "no memory")), given, worker)
        }
        let missing = self.images.missing
        let unread = images.filter { task in
            worker.seesImages
                ? worker.spec.isBlind || world.image(task).map { !world.isReadable($0) } ?? true
                : missing.contains(task.id)
        }.map(\.id)
        // A copy is an image of another number than its original.
        let usable = images.filter { !unread.contains($0.id) }.compactMap { world.image($0) }
        let failures = world.flaw == .hideUnreadable ? [] : unread.map { ImageFailure(id: $0, reason: "unreadable") }
        switch stage.work {
        case .accumulate(let space, _, _, let audit):
            let lie = audit == nil ? nil : lie(worker, of: .sums)
            for (place, image) in usable.enumerated() {
                let times = world.flaw == .foldTwice && world.dice.oneIn(200) ? 2 : 1
                for _ in 0..<times {
                    if let lie {
                        runner?.sums?.fold(
                            image.id, ofJob: image.folder.spec.number, lying: lie, isSecond: place % 2 == 1)
                    } else {
                        runner?.sums?.fold(image.id, ofJob: image.folder.spec.number)
                    }
                }
            }
            let fingerprint = audit.map { Self.fingerprint(of: usable, space, $0, lying: lie) }
            let foreign =
                world.lies(.foreignImage) ? [ImageFailure(id: ImageID(rawValue: 1 << 40), reason: "not mine")] : []
            let contents = usable.map { JobFolder.content(of: $0.id) }
            let told = ShardReport.folded(failures: failures + foreign, contents: contents, fingerprint: fingerprint)
            report(.reported(lease: lease, told), given, worker)
        case .audit(let space, _, let audit):
            let told = ShardReport.audited(
                failures: failures, contents: usable.map { JobFolder.content(of: $0.id) },
                fingerprint: Self.fingerprint(of: usable, space, audit, lying: lie(worker, of: .sums)))
            report(.reported(lease: lease, told), given, worker)
        case .calibrate(_, let model, _, _, let withoutLot):
            report(.reported(lease: lease, calibration(images, unread, model, withoutLot, worker)), given, worker)
        case .identify:
            let contents = usable.map { JobFolder.content(of: $0.id) }
            let told = world.lies(.wrongCount) ? Array(contents.dropLast()) : contents
            report(.reported(lease: lease, .identified(failures: failures, contents: told)), given, worker)
        case .merge: report(.reported(lease: lease, .abandoned(reason: "images are dealt")), given, worker)
        case .inspect(let model, _, let order): score(session, lease, images, unread, model, order, given, worker)
        }
    }

    /// How a worker computes something wrong; nil for one that does not.
    private func lie(_ worker: SimulatedWorker, of work: JobStage.Work) -> AuditLies.Kind? {
        guard let lies = worker.world.auditLies, lies.worker == worker.number, lies.kind.work == work else {
            return nil
        }
        worker.world.tally.count("worker computes wrongly: \(lies.kind)")
        return lies.kind
    }

    /// A worker that cannot use an image of the model gives the shard up.
    private func calibration(
        _ images: [ImageTask], _ unread: [ImageID], _ blob: Blob, _ withoutLot: Blob?, _ worker: SimulatedWorker
    ) -> ShardReport {
        let world = worker.world
        let known = images.compactMap { world.image($0) }
        guard unread.isEmpty, let folder = known.first?.folder, known.count == images.count else {
            return .abandoned(reason: "an image is gone")
        }
        let model = world.blobs[blob.digest]?.tag ?? 0
        var sums = (0..<folder.spec.patches).map { patch in
            known.reduce(Int64(0)) { $0 + Truth.square(model, $1.id, patch: patch) }
        }
        if world.flaw == .foldTwice, world.dice.oneIn(20) { sums[0] += Truth.square(model, known[0].id, patch: 0) }
        let excess: Float = folder.spec.isCalibrationAudited && lie(worker, of: .heldOutScores) != nil ? 1 : 0
        let outcomes = zip(images, known).map { task, image in
            ImageOutcome(
                id: task.id, score: Truth.score(model, image.id) + excess, maxRow: 0, maxColumn: 0, flagged: nil)
        }
        return .calibrated(
            world.lies(.wrongCount) ? outcomes.dropLast() : outcomes,
            CalibrationPayload(
                scores: known.map { [Truth.score(model, $0.id) + excess] },
                lotScores: withoutLot.map { blob in
                    known.map { [Truth.score(world.blobs[blob.digest]?.tag ?? 0, $0.id)] }
                }, sums: sums, lotMean: nil))
    }

    private func score(
        _ session: SessionID, _ lease: LeaseID, _ images: [ImageTask], _ unread: [ImageID], _ blob: Blob,
        _ order: InspectionOrder, _ given: Int, _ worker: SimulatedWorker
    ) {
        let world = worker.world
        let model = world.blobs[blob.digest]?.tag ?? 0
        var (outcomes, sent): ([ImageOutcome], Int) = ([], 0)
        var written: JobFolder?
        let isIdle = world.lies(.noPictures)
        let lie = order.tellsContents ? lie(worker, of: .scores) : nil
        if world.lies(.foreignPicture) {
            _ = world.network.send(
                .picture(session: session, lease: lease, image: ImageID(rawValue: 1 << 40), kind: .map), [1],
                from: worker.number)
        }
        for task in images {
            guard !unread.contains(task.id), let image = world.image(task) else {
                outcomes.append(ImageOutcome(id: task.id, failure: "unreadable"))
                continue
            }
            for kind in image.folder.spec.kinds where order.path(of: kind, output: task.output) != nil {
                if isIdle { continue }
                let bytes = Truth.artifact(lie == nil ? model : ~model, task.id, kind)
                if worker.spec.seesDirectory {
                    guard let place = order.path(of: kind, output: task.output) else { continue }
                    do {
                        try image.folder.store(bytes, at: place, under: lease, on: worker.machine)
                        if world.flaw == .nameMapsAtOnce { try image.folder.write(bytes, place, on: worker.machine) }
                        written = image.folder
                    } catch {
                        runner = nil
                        return report(.reported(lease: lease, .abandoned(reason: "disk full")), given, worker)
                    }
                } else {
                    // Where the way is full the real executor waits; here the artifact is lost, and the shard is done again.
                    _ = world.network.send(
                        .picture(session: session, lease: lease, image: task.id, kind: kind), bytes,
                        from: worker.number)
                    sent += 1
                }
            }
            let seen = lie == .otherImage ? task.id.next : task.id
            outcomes.append(
                ImageOutcome(
                    id: task.id, score: Truth.score(model, seen) + (lie == .wrongScore ? 1 : 0), maxRow: 0,
                    maxColumn: 0, flagged: nil,
                    digest: order.tellsContents ? JobFolder.content(of: image.id) : nil))
        }
        if world.lies(.wrongCount) { outcomes.removeLast() }
        if let last = outcomes.last {
            if world.lies(.impossibleScore) {
                outcomes[outcomes.count - 1] = ImageOutcome(
                    id: last.id, score: -1, maxRow: 0, maxColumn: 0, flagged: nil)
            } else if world.lies(.wrongFlag) {
                outcomes[outcomes.count - 1] = ImageOutcome(
                    id: last.id, score: 1, maxRow: 0, maxColumn: 0, flagged: true)
            }
        }
        let report = ShardReport.scored(outcomes, pictures: sent)
        guard let written else { return self.report(.reported(lease: lease, report), given, worker) }
        // The disk takes a while; the next shard need not wait for it.
        let executor = self
        worker.later(world.dice.draw(Int64(0)...max(50, min(world.scenario.disk.slowness, 2_000)))) {
            worker in
            do {
                if world.flaw != .forgetWorkersSync { try written.disk.syncAll(on: worker.machine) }
                executor.report(.reported(lease: lease, report), given, worker)
            } catch {
                executor.runner = nil
                executor.report(.reported(lease: lease, .abandoned(reason: "disk full")), given, worker)
            }
        }
    }
}
