import Storage

/// The shards of a stage and how far each has come.
struct ShardTable: Sendable {
    enum State: Equatable, Sendable {
        case pending
        case dealt(lease: LeaseID)
        /// In a worker's sums, not yet durable.
        case folded(session: SessionID)
        /// On its way to the disk.
        case committing
        case committed
    }

    struct Entry: Sendable {
        let range: ShardRange
        var state = State.pending
        var deaths = 0
        /// It died on workers of an earlier coordinator or stage, or was with one when a coordinator ended.
        var isInherited = false
        var failures: [ImageFailure] = []
        /// The digests of the contents of the images that did not fail, in order; empty where they are not known.
        var contents: [ContentDigest] = []
        /// Of the features of those images, where the stage has an audit.
        var fingerprint: Fingerprint?
        /// A second worker has it too, under this lease: the first report counts.
        var spare: LeaseID?
        var spareTo: SessionID?
        /// When it was dealt first, to whom, and how many images that worker had in hand then, these among them.
        var dealt: (at: Instant, to: SessionID, images: Int)?
        /// The session that said, alone, that none of its images can be used.
        var unconfirmedSession: SessionID?
    }

    private(set) var entries: [ShardID: Entry] = [:]
    /// Pending shards, last first, so that taking the first one is cheap.
    private(set) var queue: [ShardID] = []
    /// Of the pending shards.
    private(set) var pendingImages: Int
    private var nextID: ShardID
    private(set) var uncommitted: Int
    /// Shards on their way to the disk.
    private(set) var committing = 0
    /// Images of the shards known to be unusable, committed or not.
    private(set) var failures: Int
    private let mostFailures: Int
    /// Images of all shards, and unusable images that the stage began with.
    private(set) var imagesInAll: Int
    let failuresAtFirst: Int
    /// How many images a shard has on average; at least 1.
    var imagesOfAShard: Int { max(1, imagesInAll / max(1, entries.count)) }
    /// Images in shards whose work was reported, whether durable or not.
    private(set) var imagesDone = 0

    init(_ toDo: ShardsToDo) {
        for range in toDo.shards {
            let deaths = toDo.deaths[range.id] ?? 0
            entries[range.id] = Entry(range: range, deaths: deaths, isInherited: deaths > 0)
        }
        nextID = max(entries.keys.max() ?? toDo.lastShard, toDo.lastShard).next
        uncommitted = entries.count
        failures = toDo.failures
        failuresAtFirst = toDo.failures
        imagesInAll = toDo.shards.reduce(0) { $0 + $1.count }
        pendingImages = imagesInAll
        mostFailures = toDo.mostFailures
        queue = entries.keys.sorted(by: >)
        if !toDo.deaths.isEmpty { queue = queue.sorted { isDealt($0, after: $1) } }
    }

    /// Adds a shard to those that are pending; one that is there already stays as it is.
    mutating func add(_ range: ShardRange, deaths: Int = 0) {
        guard entries[range.id] == nil else { return }
        entries[range.id] = Entry(range: range, deaths: deaths)
        nextID = max(nextID, range.id.next)
        uncommitted += 1
        imagesInAll += range.count
        enqueue(range.id)
    }

    /// Takes a pending shard out of the stage.
    /// - Returns: whether it was pending.
    mutating func withdraw(_ id: ShardID) -> Bool {
        guard let entry = entries[id], entry.state == .pending else { return false }
        _ = dequeue(id)
        entries[id] = nil
        uncommitted -= 1
        imagesInAll -= entry.range.count
        return true
    }

    var pending: Int { queue.count }
    /// How often a shard came back to the queue.
    private(set) var returns = 0

    var hasTooManyFailures: Bool { failures > mostFailures }

    subscript(id: ShardID) -> Entry? { entries[id] }

    /// The next shard to deal, without taking it.
    var next: Entry? { queue.last.flatMap { entries[$0] } }

    /// Deals a pending shard.
    /// - Parameters:
    ///   - session: whom it is dealt to.
    ///   - images: that the worker has in hand already.
    mutating func deal(
        _ id: ShardID, lease: LeaseID, to session: SessionID, at now: Instant, behind images: Int
    ) -> Entry? {
        guard dequeue(id) else { return nil }
        update(id) { entry in
            entry.state = .dealt(lease: lease)
            entry.dealt = (now, session, images + entry.range.count)
        }
        return entries[id]
    }

    /// Deals a shard that a worker has to a second one.
    mutating func dealSpare(_ id: ShardID, lease: LeaseID, to session: SessionID) {
        update(id) { ($0.spare, $0.spareTo) = (lease, session) }
    }

    /// The leases under which workers have a shard.
    func leases(of id: ShardID) -> [LeaseID] {
        guard let entry = entries[id], case .dealt(let lease) = entry.state else { return [] }
        return [lease] + [entry.spare].compactMap { $0 }
    }

    /// The shard's work is done, whoever else has it.
    mutating func forgetSpare(_ id: ShardID) { update(id) { $0.spare = nil } }

    /// What a worker had under a lease is lost: the shard is dealt again, unless another worker has it too.
    mutating func takeBack(_ id: ShardID, from lease: LeaseID, died: Bool) {
        guard let other = leases(of: id).first(where: { $0 != lease }) else { return giveBack(id, died: died) }
        update(id) { entry in
            entry.state = .dealt(lease: other)
            entry.spare = nil
            if died { entry.deaths += 1 }
        }
    }

    mutating func fold(
        _ id: ShardID, session: SessionID, failures found: [ImageFailure], contents: [ContentDigest],
        fingerprint: Fingerprint?
    ) {
        setFailures(found, of: id)
        update(id) { ($0.contents, $0.fingerprint) = (contents, fingerprint) }
        update(id) { $0.state = .folded(session: session) }
        imagesDone += entries[id]?.range.count ?? 0
    }

    mutating func beginCommit(_ id: ShardID) {
        guard let entry = entries[id], entry.state != .committing, entry.state != .committed else { return }
        update(id) { $0.state = .committing }
        committing += 1
    }

    mutating func finishResults(_ id: ShardID, failures found: [ImageFailure]) {
        setFailures(found, of: id)
        beginCommit(id)
        imagesDone += entries[id]?.range.count ?? 0
    }

    mutating func commit(_ id: ShardID) {
        guard let entry = entries[id], entry.state != .committed else { return }
        if entry.state == .committing { committing -= 1 }
        update(id) { $0.state = .committed }
        uncommitted -= 1
    }

    /// The shard is done, wherever it is, and nothing of it goes to the disk.
    mutating func settle(_ id: ShardID) {
        guard let entry = entries[id], entry.state != .committed else { return }
        _ = dequeue(id)
        finishResults(id, failures: [])
        commit(id)
    }

    /// Deals the shard again, so that another worker's report confirms or refutes the first.
    mutating func markUnconfirmed(_ id: ShardID, session: SessionID, lease: LeaseID) {
        update(id) { $0.unconfirmedSession = session }
        takeBack(id, from: lease, died: false)
    }

    /// Deals the shard again, later: its work was lost.
    mutating func giveBack(_ id: ShardID, died: Bool) {
        guard let entry = entries[id], entry.state != .committed, entry.state != .pending else { return }
        switch entry.state {
        case .folded: imagesDone -= entry.range.count
        case .committing:
            committing -= 1
            imagesDone -= entry.range.count
        case .pending, .dealt, .committed: break
        }
        setFailures([], of: id)
        update(id) { entry in
            entry.state = .pending
            if died { entry.deaths += 1 }
        }
        enqueue(id)
    }

    /// Replaces a pending shard of several images by its halves, which one more death each will split again.
    mutating func split(_ id: ShardID, deaths: Int) -> [ShardRange] {
        guard let entry = entries[id], entry.state == .pending, entry.range.count > 1 else { return [] }
        let (range, half) = (entry.range, entry.range.count / 2)
        let halves = [
            ShardRange(id: nextID, first: range.first, count: half),
            ShardRange(id: nextID.next, first: range.first.advanced(by: half), count: range.count - half),
        ]
        nextID = nextID.advanced(by: 2)
        _ = dequeue(id)
        entries[id] = nil
        // With the highest numbers they go last: the rest of the job need not wait for suspects.
        for piece in halves {
            entries[piece.id] = Entry(range: piece, deaths: deaths - 1, isInherited: entry.isInherited)
            enqueue(piece.id)
        }
        uncommitted += 1
        return halves
    }

    /// Takes a pending shard of one image out of the game.
    mutating func markPoisoned(_ id: ShardID) {
        guard let entry = entries[id], entry.state == .pending else { return }
        _ = dequeue(id)
        setFailures([ImageFailure(id: entry.range.first, reason: "poison")], of: id)
        beginCommit(id)
        imagesDone += entry.range.count
    }

    /// What is known of the contents of the images of some shards, by image.
    func contents(of ids: [ShardID]) -> [ImageID: ContentDigest] {
        var contents: [ImageID: ContentDigest] = [:]
        for entry in ids.compactMap({ entries[$0] }) {
            let failed = Set(entry.failures.map(\.id))
            let usable = (entry.range.first..<entry.range.first.advanced(by: entry.range.count)).filter {
                !failed.contains($0)
            }
            for (image, digest) in zip(usable, entry.contents) { contents[image] = digest }
        }
        return contents
    }

    /// Changes a shard of the stage: the only way to do so.
    ///
    /// Whoever calls it knows that the shard is there. If it is not, the core has a mistake: debug builds stop there; a release build
    /// changes nothing and returns nil.
    @discardableResult
    private mutating func update<Result>(_ id: ShardID, _ change: (inout Entry) -> Result) -> Result? {
        guard let place = entries.index(forKey: id) else {
            assertionFailure("shard \(id), which the stage does not have, is changed")
            return nil
        }
        return change(&entries.values[place])
    }

    /// Takes a shard out of the queue: mostly the next, sometimes one near the end.
    /// - Returns: whether it was in it.
    private mutating func dequeue(_ id: ShardID) -> Bool {
        let place = queue.last == id ? queue.count - 1 : placeInQueue(of: id)
        guard place < queue.count, queue[place] == id else { return false }
        queue.remove(at: place)
        pendingImages -= entries[id]?.range.count ?? 0
        return true
    }

    private mutating func enqueue(_ id: ShardID) {
        returns += 1
        pendingImages += entries[id]?.range.count ?? 0
        queue.insert(id, at: placeInQueue(of: id))
    }

    /// How many shards of the queue are dealt after that one. A pending shard keeps its rank, so that the queue is always in order.
    private func placeInQueue(of id: ShardID) -> Int {
        var (low, high) = (0, queue.count)
        while low < high {
            let middle = (low + high) / 2
            if isDealt(queue[middle], after: id) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The order of dealing: by number, and what an earlier coordinator ended with after all else, the more often the later.
    func isDealt(_ id: ShardID, after other: ShardID) -> Bool {
        func rank(_ id: ShardID) -> Int { entries[id].map { $0.isInherited ? $0.deaths : 0 } ?? 0 }
        return (rank(id), id) > (rank(other), other)
    }

    private mutating func setFailures(_ found: [ImageFailure], of id: ShardID) {
        let old = update(id) { entry in
            defer { entry.failures = found }
            return entry.failures.count
        }
        failures += found.count - (old ?? found.count)
    }
}
