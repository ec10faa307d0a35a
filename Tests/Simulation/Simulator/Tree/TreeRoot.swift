import Cluster
import Settings
import Storage

/// The coordinator's process and what its journal has, which outlives it.
final class TreeRoot: TreeParent {
    unowned let tree: Tree
    private(set) var isAlive = false
    private var life: Int64 = 0
    private var core: CoordinatorCore?
    private var peers = TreePeers()
    private var open: [UploadID: TreeSums] = [:]
    private var stageNumber = 0
    private var isFinishing = false
    private var diskDone: Int64 = 0

    // The journal.
    private var shards: [ShardID: ShardRange] = [:]
    private var deaths: [ShardID: Int] = [:]
    private var inFlight: [ShardID] = []
    private var committed: [ShardID: String] = [:]
    private var sums = TreeSums()
    private(set) var poisoned: Set<ImageID> = []
    private var results: [ImageID: ImageOutcome] = [:]
    /// Maps that came, by the lease under which they did.
    private var pictures: [LeaseID: Set<ImageID>] = [:]
    /// Images whose results have their maps.
    private var pictured: Set<ImageID> = []
    private var isInspecting = false
    private(set) var uploads = 0

    init(_ tree: Tree) {
        self.tree = tree
        register(fromID: 1)
    }

    private func register(fromID first: ShardID) {
        shards = [:]
        var id = first
        for place in stride(from: 0, to: tree.plan.images, by: tree.plan.shardSize) {
            shards[id] = ShardRange(
                id: id, first: ImageID(1).advanced(by: place),
                count: min(tree.plan.shardSize, tree.plan.images - place))
            id = id.next
        }
        (committed, deaths, inFlight) = ([:], [:], [])
    }

    func start(isCareful: Bool) {
        guard !isAlive, !tree.isDone else { return }
        isAlive = true
        life += 1
        (open, peers, stageNumber) = ([:], TreePeers(), 0)
        var limits = CoordinatorLimits()
        limits.chunkBytes = 32
        limits.checkpointImages = tree.plan.checkpointImages
        limits.savedPerSecond = tree.plan.savedPerSecond
        core = CoordinatorCore(
            limits: limits, epoch: life, sessionSeed: tree.random.next(), isCareful: isCareful)
        // What was in hand may have ended it.
        for shard in inFlight { deaths[shard, default: 0] += 1 }
        inFlight = []
        for child in tree.relays as [any TreeChild] + tree.workers where child.isAlive && child.parent === self {
            child.connection += 1
            child.connected()
        }
        openStage()
        tick(life)
    }

    func kill() {
        guard isAlive else { return }
        isAlive = false
        core = nil
        tree.count("coordinator killed")
        tree.later(tree.draw(100, 3_000)) { [weak self] in self?.start(isCareful: true) }
    }

    private func openStage() {
        stageNumber += 1
        let work: Work =
            isInspecting
            ? .inspect(
                model: tree.blob, weights: tree.blob,
                order: InspectionOrder(
                    settings: InspectionSettings(), mapScaleExponent: 8, firstColor: 10, lastColor: 40,
                    directory: "/none", probe: "p", probeValue: "1"))
            : .accumulate(
                space: tree.space, weights: tree.blob,
                folder: SharedFolder(directory: "/none", probe: "p", probeValue: "1"))
        let left = shards.values.filter { committed[$0.id] == nil }
        feed(
            .openStage(
                Stage(number: stageNumber, work: work, servesImages: tree.plan.servesImages),
                ShardsToDo(
                    shards: left, lastShard: shards.keys.max() ?? 1, failures: 0, mostFailures: .max,
                    deaths: deaths.filter { committed[$0.key] == nil && shards[$0.key] != nil })))
    }

    private func tick(_ life: Int64) {
        guard isAlive, life == self.life else { return }
        feed(.tick)
        tree.later(250) { [weak self] in self?.tick(life) }
    }

    func receive(_ message: WorkerMessage, _ payload: [UInt8], from child: any TreeChild, connection: Int) {
        feed(.received(message, payload: payload, from: peers.address(of: child, connection)))
    }

    private func feed(_ event: CoordinatorEvent) {
        for directive in core?.handle(event, at: Instant(milliseconds: tree.now)) ?? [] where isAlive {
            carryOut(directive)
        }
        if let broken = core?.checkInvariants() { tree.violate("coordinator: \(broken)") }
        if isFinishing, core?.progress.workers == 0 { tree.isDone = true }
    }

    /// The disk does one thing after the other.
    private func soon(_ event: CoordinatorEvent) {
        let life = life
        diskDone = max(diskDone, tree.now + tree.draw(0, 3))
        tree.later(diskDone - tree.now) { [weak self] in
            guard let self, isAlive, self.life == life else { return }
            feed(event)
        }
    }

    private func carryOut(_ directive: CoordinatorDirective) {
        switch directive {
        case .send(let message, let address): peers.send(message, [], to: address, in: tree)
        case .deal(let session, let lease, let shard, let address):
            let images = (0..<shard.count).map { place in
                let id = shard.first.advanced(by: place)
                return ImageTask(id: id, location: .file("/\(id)"), output: "\(id)")
            }
            let alone = tree.flaw == .forgetDeaths ? nil : core?.isDealtAlone(lease, in: session)
            peers.send(
                .deal(session: session, lease: lease, images: images, alone: alone), [], to: address, in: tree)
        case .sendPiece(let blob, let offset, let count, let address):
            peers.send(
                .piece(blob: blob, offset: offset), [UInt8](repeating: 0, count: count), to: address, in: tree)
        case .sendImagePiece(let session, let image, let shard, let offset, _, let address):
            sendImage(session, image, shard, offset, to: address)
        case .openPartial(let upload, let images, _, _): open[upload] = TreeSums(images: images)
        case .storeChunk(let upload, let index, let patches, let bytes):
            open[upload]?.set(patches, bytes)
            soon(.chunkStored(upload: upload, index: index))
        case .commitPartial(let upload, let shards, _, _, _, _):
            uploads += 1
            if let partial = open.removeValue(forKey: upload) { sums.add(partial) }
            for shard in shards { commit(shard, "upload \(upload)") }
            soon(.partialCommitted(upload: upload))
        case .dropPartial(let upload): open[upload] = nil
        case .storeArtifact(let image, _, let lease, let bytes):
            if bytes != [UInt8(image.rawValue % 251)] { tree.violate("the map of image \(image) is another's") }
            pictures[lease, default: []].insert(image)
            soon(.artifactStored)
        case .dropArtifacts(_, let lease): pictures[lease] = nil
        case .commitResults(let shard, let outcomes, let waiting, _, _):
            // Nobody here writes them itself.
            let there = waiting.flatMap { pictures[$0.lease] } ?? []
            if let absent = waiting?.artifacts.first(where: { !there.contains($0.image) }) {
                tree.violate("the map of image \(absent.image) did not come under the lease that is reported")
            }
            pictured.formUnion(there)
            for outcome in outcomes { results[outcome.id] = outcome }
            commit(shard, "results")
            soon(.resultsCommitted(shard: shard))
        case .recordDeaths(let shards):
            for shard in shards { deaths[shard, default: 0] += 1 }
            inFlight.removeAll(where: shards.contains)
        case .recordInFlight(let held):
            inFlight = held
            soon(.recordedInFlight(shards: held))
        case .split(let shard, let halves):
            shards[shard] = nil
            for half in halves { (shards[half.id], deaths[half.id]) = (half, 2) }
        case .poison(let image, let shard):
            poisoned.insert(image)
            commit(shard, "poison")
            soon(.resultsCommitted(shard: shard))
        case .stageDone: stageDone()
        case .note(let note): tree.look(at: note)
        default: break
        }
    }

    private func sendImage(
        _ session: SessionID, _ image: ServedImage, _ shard: ShardRange, _ offset: Int64, to address: WorkerAddress
    ) {
        guard shard.contains(image.image) else { return tree.violate("an image is asked for that was not dealt") }
        guard tree.isUsable(image.image) else {
            return peers.send(
                .imageUnavailable(
                    session: session, lease: image.lease, image: image.image, part: image.part, reason: "torn"), [],
                to: address, in: tree)
        }
        let bytes = Tree.content(image.image)
        tree.count("image sent")
        peers.send(
            .imagePiece(
                session: session, lease: image.lease, image: image.image, part: image.part, offset: offset,
                size: Int64(bytes.count), digest: bytes.withUnsafeBytes { ContentDigest(of: $0) }), bytes, to: address,
            in: tree)
    }

    private func commit(_ shard: ShardID, _ how: String) {
        if let before = committed[shard] { tree.violate("shard \(shard) is committed by \(before) and by \(how)") }
        if shards[shard] == nil { tree.violate("shard \(shard), which is none, is committed") }
        committed[shard] = how
    }

    private func stageDone() {
        guard isInspecting else {
            checkSums()
            isInspecting = true
            register(fromID: (shards.keys.max() ?? 1).next)
            return openStage()
        }
        isFinishing = true
        soon(.finish)
    }

    /// Each image that can be used is in the sums once.
    private func checkSums() {
        var expected = TreeSums()
        for place in 0..<tree.plan.images {
            let image = ImageID(1).advanced(by: place)
            if tree.isUsable(image), !poisoned.contains(image) { expected.fold(image) }
        }
        if sums != expected { tree.violate("the sums are of \(sums.images) images, where \(expected.images) are due") }
    }

    func check() {
        let all = (0..<tree.plan.images).map { ImageID(1).advanced(by: $0) }
        for image in all where !poisoned.contains(image) {
            guard let outcome = results[image] else { return tree.violate("image \(image) has no result") }
            if (outcome.failure == nil) != tree.isUsable(image) { tree.violate("image \(image) has another result") }
            if tree.isUsable(image), !pictured.contains(image) { tree.violate("image \(image) has no map") }
        }
        if !poisoned.isSuperset(of: tree.plan.poison) { tree.violate("poison was not found") }
        if tree.plan.hasNoDeaths, poisoned != tree.plan.poison {
            tree.violate("images \(poisoned.subtracting(tree.plan.poison).sorted()) were taken for poison")
        }
    }
}
