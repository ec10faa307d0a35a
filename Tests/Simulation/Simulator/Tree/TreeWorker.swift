import Cluster
import Storage

/// What connects to a parent: a relay or the coordinator.
protocol TreeParent: AnyObject {
    var isAlive: Bool { get }
    func receive(_ message: WorkerMessage, _ payload: [UInt8], from child: any TreeChild, connection: Int)
}

/// What connects.
protocol TreeChild: AnyObject {
    var isAlive: Bool { get }
    var name: String { get }
    /// Counts its connections: what comes by an old one is lost.
    var connection: Int { get set }
    var parent: any TreeParent { get }
    func connected()
    func receive(_ message: CoordinatorMessage, _ payload: [UInt8])
}

/// The children of a process, by the addresses of their connections.
struct TreePeers {
    private var peers: [WorkerAddress: (child: any TreeChild, connection: Int)] = [:]

    mutating func address(of child: any TreeChild, _ connection: Int) -> WorkerAddress {
        let address = WorkerAddress(bytes: Array("\(child.name) \(connection)".utf8))
        peers[address] = (child, connection)
        return address
    }

    func send(_ message: CoordinatorMessage, _ payload: [UInt8], to address: WorkerAddress, in tree: Tree) {
        guard let (child, connection) = peers[address] else { return }
        tree.carry("to \(child.name) \(connection)") { [weak child] in
            guard let child, child.isAlive, child.connection == connection else { return }
            child.receive(message, payload)
        }
    }
}

extension TreeChild {
    func send(_ message: WorkerMessage, _ payload: [UInt8], in tree: Tree) {
        let (connection, parent) = (connection, parent)
        let isPicture = if case .picture = message { true } else { false }
        tree.carry("from \(name) \(connection)", isPicture: isPicture) { [weak self, weak parent] in
            guard let self, isAlive, self.connection == connection, let parent, parent.isAlive else { return }
            parent.receive(message, payload, from: self, connection: connection)
        }
    }
}

/// A worker's process.
final class TreeWorker: TreeChild {
    unowned let tree: Tree
    let name: String
    private weak var relay: TreeRelay?
    private(set) var isAlive = false
    var connection = 0
    private var life = 0
    private var core: WorkerCore?
    private var sums = TreeSums()
    private var queue: [(LeaseID, SessionID, [ImageTask])] = []
    private var isWorking = false
    private var inspects = false
    private var generation = 0
    /// Images that the shard at the head of the queue waits for, and those that are not to be had.
    private var awaited: Set<ServedImage> = []
    private var isServed = false

    init(_ tree: Tree, name: String, relay: TreeRelay?) { (self.tree, self.name, self.relay) = (tree, name, relay) }

    var parent: any TreeParent { relay ?? tree.root }

    func start() {
        guard !isAlive, !tree.isDone else { return }
        isAlive = true
        life += 1
        connection += 1
        (sums, queue, isWorking) = (TreeSums(), [], false)
        generation += 1
        core = WorkerCore(
            identity: WorkerIdentity(name: name, threads: 1, instructionSet: "avx2"),
            incarnation: tree.random.next() >> 12)
        tick(life)
    }

    func kill() {
        guard isAlive else { return }
        isAlive = false
        core = nil
        tree.count("worker killed")
        tree.later(tree.draw(100, 3_000)) { [weak self] in self?.start() }
    }

    func connected() { feed(.connected) }
    func receive(_ message: CoordinatorMessage, _ payload: [UInt8]) { feed(.received(message, payload: payload)) }

    private func tick(_ life: Int) {
        guard isAlive, life == self.life else { return }
        feed(.tick)
        tree.later(200) { [weak self] in self?.tick(life) }
    }

    private func feed(_ event: WorkerEvent) {
        for directive in core?.handle(event, at: Instant(milliseconds: tree.now)) ?? [] { carryOut(directive) }
        if let broken = core?.checkInvariants() { tree.violate("\(name): \(broken)") }
    }

    /// Later, unless the process is dead or has begun anew by then.
    private func soon(_ delay: Int64, _ deed: @escaping (TreeWorker) -> Void) {
        let generation = generation
        tree.later(delay) { [weak self] in
            guard let self, isAlive, self.generation == generation else { return }
            deed(self)
        }
    }

    private func carryOut(_ directive: WorkerDirective) {
        switch directive {
        case .send(let message, let payload): send(message, payload, in: tree)
        case .reset:
            generation += 1
            (sums, queue, isWorking, awaited) = (TreeSums(), [], false, [])
        case .storeImagePiece(let image, _, _, let bytes, let isLast):
            if bytes != Tree.content(image.image) { tree.violate("image \(image.image) came as another") }
            if isLast { arrived(image) }
        case .imageUnavailable(let image, _): arrived(image)
        case .seek(let blob):
            let isHere = tree.random.percent(50)
            soon(1) { $0.feed(isHere ? .blobReady(blob) : .blobAbsent(blob)) }
        case .seal(let blob): soon(1) { $0.feed(.blobReady(blob)) }
        case .prepare(let stage):
            // A new stage: nothing of the last one is in the sums.
            sums = TreeSums()
            if case .inspect = stage.work { inspects = true } else { inspects = false }
            isServed = stage.isServingImages
            // What is being worked on belongs to the stage before.
            generation += 1
            (queue, isWorking, awaited) = ([], false, [])
            soon(tree.draw(1, 50)) { $0.feed(.prepared(stage: stage.number)) }
        case .begin(let session, let lease, let images):
            queue.append((lease, session, images))
            workOn()
        case .offer(let session, let upload, let chunkPatches):
            send(
                .offer(
                    session: session, upload: upload, images: sums.images, clamped: 0,
                    chunks: (3 + chunkPatches - 1) / chunkPatches), [], in: tree)
        case .sendChunk(let session, let upload, let index, let chunkPatches):
            send(
                .chunk(session: session, upload: upload, index: index), sums.chunk(index, of: chunkPatches), in: tree)
        case .zeroSums: sums = TreeSums()
        case .leave: kill()
        default: break
        }
    }

    private func workOn() {
        guard !isWorking, let (lease, _, images) = queue.first else { return }
        isWorking = true
        guard isServed else { return compute() }
        awaited = Set(images.map { ServedImage(lease: lease, image: $0.id) })
        for image in awaited.sorted() { feed(.wantImage(image)) }
    }

    private func arrived(_ image: ServedImage) {
        if awaited.remove(image) != nil, awaited.isEmpty { compute() }
    }

    private func compute() {
        guard let (lease, session, images) = queue.first else { return }
        soon(tree.draw(1, 40) * Int64(images.count)) { worker in
            worker.queue.removeFirst()
            worker.isWorking = false
            if let poison = images.first(where: { worker.tree.plan.poison.contains($0.id) }) {
                worker.tree.count("worker poisoned")
                worker.tree.died(of: poison.id, inInspection: worker.inspects, besides: worker.queue.count)
                return worker.kill()
            }
            worker.report(lease, session, images)
            worker.workOn()
        }
    }

    private func report(_ lease: LeaseID, _ session: SessionID, _ images: [ImageTask]) {
        let failures = images.filter { !tree.isUsable($0.id) }.map { ImageFailure(id: $0.id, reason: "torn") }
        guard inspects else {
            for image in images where tree.isUsable(image.id) { sums.fold(image.id) }
            return feed(.reported(lease: lease, .folded(failures: failures)))
        }
        let outcomes = images.map { image in
            tree.isUsable(image.id)
                ? ImageOutcome(id: image.id, score: Tree.score(image.id), maxRow: 0, maxColumn: 0, flagged: nil)
                : ImageOutcome(id: image.id, failure: "torn")
        }
        let pictured = images.filter { tree.isUsable($0.id) }
        for image in pictured {
            send(
                .picture(session: session, lease: lease, image: image.id, kind: .map), [UInt8(image.id.rawValue % 251)],
                in: tree)
        }
        feed(.reported(lease: lease, .scored(outcomes, pictures: pictured.count)))
    }
}
