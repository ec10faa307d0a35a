import Cluster
import Storage

/// A relay's process, around the real core.
final class TreeRelay: TreeChild, TreeParent {
    unowned let tree: Tree
    let name: String
    private(set) var isAlive = false
    var connection = 0
    private var life = 0
    private var core: RelayCore?
    private var peers = TreePeers()
    private var open: [UploadID: TreeSums] = [:]
    private var kept = TreeSums()
    /// Whether its disk has failed. The core may not have been told yet.
    private var hasFailed = false
    private var diskDone: Int64 = 0

    init(_ tree: Tree, name: String) { (self.tree, self.name) = (tree, name) }

    var parent: any TreeParent { tree.root }

    func start() {
        guard !isAlive, !tree.isDone else { return }
        isAlive = true
        life += 1
        connection += 1
        (open, kept, peers, hasFailed) = ([:], TreeSums(), TreePeers(), false)
        var limits = CoordinatorLimits()
        limits.chunkBytes = 16
        limits.checkpointImages = tree.plan.checkpointImages
        limits.savedPerSecond = tree.plan.savedPerSecond
        core = RelayCore(
            name: name, limits: limits, incarnation: tree.random.next() >> 12, seed: tree.random.next())
        for worker in tree.workers where worker.isAlive && worker.parent === self {
            worker.connection += 1
            worker.connected()
        }
        tick(life)
    }

    func kill() {
        guard isAlive else { return }
        isAlive = false
        core = nil
        tree.count("relay killed")
        tree.later(tree.draw(100, 3_000)) { [weak self] in self?.start() }
    }

    /// Somebody asks it to leave.
    func stop() {
        if isAlive { tree.count("relay asked to leave") }
        feed(.stop)
    }

    func connected() { feed(.parent(.connected)) }
    func receive(_ message: CoordinatorMessage, _ payload: [UInt8]) {
        feed(.parent(.received(message, payload: payload)))
    }

    func receive(_ message: WorkerMessage, _ payload: [UInt8], from child: any TreeChild, connection: Int) {
        feed(.workers(.received(message, payload: payload, from: peers.address(of: child, connection))))
    }

    private func tick(_ life: Int) {
        guard isAlive, life == self.life else { return }
        feed(.tick)
        tree.later(200) { [weak self] in self?.tick(life) }
    }

    private func feed(_ event: RelayEvent) {
        for directive in core?.handle(event, at: Instant(milliseconds: tree.now)) ?? [] { carryOut(directive) }
        if let broken = core?.checkInvariants() { tree.violate("\(name): \(broken)") }
    }

    /// The disk does one thing after the other.
    private func soon(_ event: RelayEvent) {
        let life = life
        diskDone = max(diskDone, tree.now + tree.draw(0, 3))
        tree.later(diskDone - tree.now) { [weak self] in
            guard let self, isAlive, self.life == life else { return }
            feed(event)
        }
    }

    private func carryOut(_ directive: RelayDirective) {
        switch directive {
        case .tellParent(.lost, _) where tree.flaw == .hideDeaths: break
        case .tellParent(let message, let payload), .passPicture(let message, let payload):
            send(message, payload, in: tree)
            if case .passPicture = directive { soon(.workers(.artifactStored)) }
        case .tellWorker(let message, let address): peers.send(message, [], to: address, in: tree)
        case .passPiece(let message, let bytes, let address): peers.send(message, bytes, to: address, in: tree)
        case .seek(let blob): soon(.parent(.blobAbsent(blob)))
        case .seal(let blob): soon(.parent(.blobReady(blob)))
        case .sendPiece(let blob, let offset, let count, let address):
            peers.send(
                .piece(blob: blob, offset: offset), [UInt8](repeating: 0, count: count), to: address, in: tree)
        case .begin(let work):
            renewDisk()
            guard case .accumulate = work else { return }
            if !fails() { soon(.scratchUsable(files: Int(tree.draw(3, 12)))) }
        case .examineScratch: if !tree.isDiskFull() { soon(.scratchUsable(files: 12)) }
        case .openPartial, .storeChunk, .keepPartial, .dropPartial, .offer, .sendChunk:
            if !hasFailed, !fails() { carryOutOnDisk(directive) }
        case .zeroSums where tree.flaw == .keepSums: break
        case .reset, .zeroSums: renewDisk()
        case .note(let note): tree.look(at: note)
        case .beginsAnew: tree.count("relay began anew")
        case .leave:
            tree.count("relay left")
            kill()
        case .storePiece, .misunderstood: break
        }
    }

    private func renewDisk() {
        (open, hasFailed) = ([:], false)
        if tree.flaw != .keepSumsOverSessions { kept = TreeSums() }
    }

    /// Now and then the disk is full: what it had is lost.
    private func fails() -> Bool {
        guard tree.isDiskFull() else { return false }
        tree.count("relay's disk full")
        (open, kept) = ([:], TreeSums())
        // Whoever passes over it offers nothing in the place of what is lost.
        guard tree.flaw != .hideAFullDisk else { return true }
        hasFailed = true
        soon(.scratchFailed(reason: "the disk is full"))
        return true
    }

    private func carryOutOnDisk(_ directive: RelayDirective) {
        switch directive {
        case .openPartial(let upload, let images, _, _): open[upload] = TreeSums(images: images)
        case .storeChunk(let upload, let index, let patches, let bytes):
            open[upload]?.set(patches, bytes)
            soon(.workers(.chunkStored(upload: upload, index: index)))
        case .keepPartial(let upload):
            if let sums = open.removeValue(forKey: upload) {
                let isFlawed = tree.random.percent(20)
                if tree.flaw != .loseSums || !isFlawed { kept.add(sums) }
                if tree.flaw == .addTwice, isFlawed { kept.add(sums) }
            }
            soon(.workers(.partialCommitted(upload: upload)))
        case .dropPartial(let upload): open[upload] = nil
        case .offer(let session, let upload, let chunkPatches):
            send(
                .offer(
                    session: session, upload: upload, images: kept.images, clamped: 0,
                    chunks: (3 + chunkPatches - 1) / chunkPatches), [], in: tree)
        case .sendChunk(let session, let upload, let index, let chunkPatches):
            send(
                .chunk(session: session, upload: upload, index: index), kept.chunk(index, of: chunkPatches), in: tree)
        default: break
        }
    }
}

extension Tree {
    /// No honest worker or relay may be disbelieved.
    func look(at note: CoordinatorNote) {
        switch note {
        case .breach(let name, _, let reason, _): violate("\(name) was not believed: \(reason)")
        case .abandoned(let name, _, let reason): violate("\(name) gave up: \(reason)")
        case .died: count("death noticed")
        case .suspect: count("shard suspected")
        case .overdue: count("shard dealt twice")
        default: break
        }
    }
}
