import Cluster
import JobRules
import Journal
import Storage

/// What the journal refuses, as the real one does.
package struct JournalRefusal: Error, CustomStringConvertible {
    package let description: String
}

/// The journal in memory. A method is a transaction: on the disk, whole, when it returns; what is refused changes nothing.
package class SimulatedJournal: JobJournal {
    package struct Image {
        package let role: ImageRole
        package var status: ImageStatus?
        package var score: Float?
        /// Of its content.
        var digest: ContentDigest?
    }

    package struct Shard {
        package let range: ShardRange
        package let role: ImageRole
        /// Where what is made of a lot is kept apart.
        package var lot: Int?
        package var isCommitted = false
        package var partial: PartialID?
        /// How often a worker or a coordinator ended with it.
        package var attempts = 0
        /// What its work gave for the whole of it.
        var payload: [UInt8]?
        /// Who scored its images.
        var maker: ResultMaker?
        /// Of the features of its images, where there is an audit; and who says the same.
        var fingerprint: Fingerprint?
        var auditedBy: String?

        var record: ShardRecord {
            ShardRecord(
                id: range.id, role: role, firstImage: range.first, images: range.count, isCommitted: isCommitted,
                attempts: attempts, lot: lot)
        }
    }

    struct State {
        var images: [Image]
        var shards: [ShardID: Shard] = [:]
        var partials: [CommittedPartial] = []
        var lastShard: ShardID = 0
        var epoch: Int64 = 0
        var ended: Int64 = 0
        var lastPartial: PartialID = 0
        /// Shards in workers' hands.
        var inFlight: [ShardID] = []
        var values: [String: any Sendable] = [:]
        /// Of the images that are copies of others, which they are copies of.
        var originals: [ImageID: ImageID] = [:]
    }

    /// Asked before a transaction whether the disk has space for it.
    var admit: (_ what: String) throws -> Void = { _ in }
    /// Told of each partial that is about to be named.
    var willName: (PartialRecord) -> Void = { _ in }
    private(set) var state: State

    package init(_ spec: JobSpec) {
        state = State(images: [])
        for role in spec.roles.map(\.role) { state.register(spec.shards(role), role) }
    }

    package var images: [Image] { state.images }
    package var shards: [ShardID: Shard] { state.shards }
    var inFlight: [ShardID] { state.inFlight }

    package subscript(image: ImageID) -> Image { state.images[image.place] }

    func write<Result>(_ what: String, _ change: (inout State) throws -> Result) throws -> Result {
        try admit(what)
        var next = state
        let result = try change(&next)
        state = next
        return result
    }

    package func register(_ images: Int, role: ImageRole, shardSize: Int) throws {
        try write("images") { $0.register(JobSpec.shards(of: images, shardSize), role) }
    }

    package func register(shards: [NewShard], role: ImageRole) throws {
        try write("images") { $0.register(shards, role) }
    }

    /// Adds images behind those that a role has.
    package func add(_ images: Int, role: ImageRole, shardSize: Int) throws {
        try write("images") { state in
            guard let first = state.images.firstIndex(where: { $0.role == role }),
                state.images[first...].allSatisfy({ $0.role == role })
            else { throw JournalRefusal(description: "images of another kind are behind those of the role") }
            state.register(JobSpec.shards(of: images, shardSize), role)
        }
    }

    /// Takes up copies of images of another role, in the place of those that there were.
    func registerCopies(of images: [ImageID], role: ImageRole, shards: [NewShard]) throws {
        try write("images") { state in
            state.registerCopies(of: images, role: role, shards: shards)
        }
    }

    /// The image whose bytes an image has.
    package func original(of image: ImageID) -> ImageID { state.originals[image] ?? image }

    // MARK: Settings

    package func value<Value>(_ key: JournalKey<Value>) -> Value? { state.values[key.name] as? Value }

    package func set<Value>(_ key: JournalKey<Value>, to value: Value) throws {
        try write(key.name == "phase" ? "a phase" : "a setting") { $0.values[key.name] = value }
    }

    package func forget<Value>(_ key: JournalKey<Value>) throws { try write("a setting") { $0.values[key.name] = nil } }

    package func beginEpoch() throws -> Int64 {
        try write("an epoch") { state in
            state.epoch += 1
            return state.epoch
        }
    }

    package func recordEnd() throws {
        try write("an end in order") { state in
            state.inFlight = []
            state.ended = state.epoch
        }
    }

    package func wasCutOff() -> Bool { state.epoch > state.ended }

    // MARK: What there is

    package func counts(_ role: ImageRole) -> ImageCounts {
        var counts = ImageCounts()
        for image in state.images where image.role == role {
            switch image.status {
            case .ok: counts.ok += 1
            case .unreadable: counts.unreadable += 1
            case .poison: counts.poison += 1
            case .excluded: counts.excluded += 1
            case nil: counts.pending += 1
            }
        }
        return counts
    }

    package func shards(_ role: ImageRole) -> [ShardRecord] {
        state.shards.values.filter { $0.role == role }.sorted { $0.range.first < $1.range.first }.map(\.record)
    }

    package func lastShard() -> ShardID { state.lastShard }

    package func images(ofShard id: ShardID) throws -> [JobImage] {
        guard let shard = state.shards[id] else { throw JournalRefusal(description: "there is no shard \(id)") }
        return shard.range.images.map {
            JobImage(id: $0, record: ImageRecord(path: "\($0)", location: .file("\($0)"), output: "\($0)"))
        }
    }

    package func partials() -> [CommittedPartial] { state.partials }

    package func partials(_ role: ImageRole) -> [CommittedPartial] { state.partials.filter { $0.role == role } }

    // MARK: Commits

    package func commit(
        partial: PartialRecord?, shards ids: [ShardID], role: ImageRole, failures: [ImageFailure],
        poison: [ImageFailure], contents: [ImageID: ContentDigest], fingerprints: [ShardID: Fingerprint]
    ) throws -> PartialID? {
        if let partial { willName(partial) }
        return try write("a commit") {
            let number = try $0.commit(partial: partial, shards: ids, role: role, failures: failures, poison: poison)
            for (image, digest) in contents { $0.images[image.place].digest = digest }
            for (shard, fingerprint) in fingerprints where ids.contains(shard) {
                $0.shards[shard]?.fingerprint = fingerprint
            }
            return number
        }
    }

    package func finishExclusion(_ rests: [(partials: [PartialID], rest: PartialRecord?)]) throws { try finish(rests) }

    package func commitResults(
        shard id: ShardID, role: ImageRole, results: [ImageResult], payload: [UInt8]?, maker: ResultMaker?
    ) throws {
        try write("results") { state in
            guard let shard = try state.pending([id], role).first else { return }
            guard results.count == shard.range.count, Set(results.map(\.image)) == Set(shard.range.images) else {
                throw JournalRefusal(description: "the results of shard \(id) are not one of each of its images")
            }
            for result in results {
                state.images[result.image.place].status = result.status
                state.images[result.image.place].score = result.score
                if let digest = result.digest { state.images[result.image.place].digest = digest }
            }
            if let maker { state.shards[id]?.maker = maker }
            state.shards[id]?.isCommitted = true
            state.shards[id]?.payload = payload
        }
    }

    package func commitContents(
        shard id: ShardID, role: ImageRole, failures: [ImageFailure], poison: [ImageFailure],
        contents: [ImageID: ContentDigest]
    ) throws {
        try write("contents") { state in
            guard let shard = try state.pending([id], role).first else { return }
            let skipped = failures + poison
            guard Set(skipped.map(\.id)).count == skipped.count,
                Set(skipped.map(\.id) + contents.keys) == Set(shard.range.images),
                contents.count + skipped.count == shard.range.count
            else { throw JournalRefusal(description: "the contents of shard \(id) are not one of each of its images") }
            state.mark(shard, failures, poison, partial: nil)
            for (image, digest) in contents { state.images[image.place].digest = digest }
        }
    }

    package func split(shard id: ShardID, into pieces: [(id: ShardID, firstImage: ImageID, images: Int)]) throws {
        try write("a split") { state in
            guard let role = state.shards[id]?.role, let old = try state.pending([id], role).first else {
                throw JournalRefusal(description: "there is no shard \(id) to split")
            }
            var next = old.range.first
            for piece in pieces {
                guard piece.firstImage == next, state.shards[piece.id] == nil else {
                    throw JournalRefusal(description: "the pieces of shard \(id) do not join, or have numbers in use")
                }
                next = next.advanced(by: piece.images)
            }
            guard next == old.range.first.advanced(by: old.range.count) else {
                throw JournalRefusal(description: "the pieces of shard \(id) are not all of it")
            }
            state.shards[id] = nil
            for piece in pieces {
                let range = ShardRange(id: piece.id, first: piece.firstImage, count: piece.images)
                state.shards[piece.id] = Shard(
                    range: range, role: role, lot: old.lot, attempts: max(0, old.attempts - 1))
                state.lastShard = max(state.lastShard, piece.id)
            }
        }
    }

    package func replace(partials ids: [PartialID], with sum: PartialRecord) throws -> PartialID {
        willName(sum)
        return try write("a sum") { state in
            let old = state.partials.filter { ids.contains($0.id) }
            guard old.count == Set(ids).count, let first = old.first, old.allSatisfy(first.addsUp),
                old.reduce(0, { $0 + $1.record.images }) == sum.images
            else {
                throw JournalRefusal(description: "a sum of \(sum.images) images cannot replace partials \(ids)")
            }
            state.partials.removeAll { ids.contains($0.id) }
            var sum = sum
            sum.maker = first.record.maker
            let new = state.insert(sum, first.role, lot: first.lot)
            for (id, shard) in state.shards where shard.partial.map(ids.contains) == true {
                state.shards[id]?.partial = new
            }
            return new
        }
    }

    package func discard(partial id: PartialID) throws {
        try write("a discard") { state in
            for shard in state.shards.values where shard.partial == id { state.reopen(shard.range.id) }
            state.partials.removeAll { $0.id == id }
        }
    }

    package func recordAudit(
        _ role: ImageRole, confirmed: [ShardID: String], wrong: [String: String]
    ) throws -> [String] {
        try write("an audit") { state in
            for (shard, name) in confirmed { state.shards[shard]?.auditedBy = name }
            var files: [String] = []
            for name in wrong.keys.sorted() {
                for partial in state.partials where partial.record.maker?.worker == name && partial.role == role {
                    for shard in state.shards.values where shard.partial == partial.id {
                        state.reopen(shard.range.id)
                    }
                    state.partials.removeAll { $0.id == partial.id }
                    files.append(partial.record.file)
                }
                for shard in state.shards.values where shard.maker?.worker == name && shard.role == role {
                    for image in shard.range.images { state.images[image.place].score = nil }
                    if role == .inspect { for image in shard.range.images { state.images[image.place].digest = nil } }
                    state.reopen(shard.range.id)
                }
                for (id, shard) in state.shards where shard.auditedBy == name && shard.role == role {
                    state.shards[id]?.auditedBy = nil
                }
            }
            let key = JournalKey<[String: String]>.distrusted
            guard !wrong.isEmpty else { return files }
            let known = state.values[key.name] as? [String: String] ?? [:]
            state.values[key.name] = known.merging(wrong) { $1 }
            return files
        }
    }

    package func auditableShards(_ role: ImageRole) -> [AuditableShard] {
        state.shards.values.filter { $0.role == role && $0.isCommitted }.sorted { $0.range.first < $1.range.first }
            .compactMap { shard in
                guard let fingerprint = shard.fingerprint,
                    let maker = state.partials.first(where: { $0.id == shard.partial })?.record.maker
                else { return nil }
                return AuditableShard(
                    shard: shard.record, maker: maker, fingerprint: fingerprint, auditedBy: shard.auditedBy)
            }
    }

    package func scoredShards(_ role: ImageRole) -> [AuditableShard] {
        state.shards.values.filter { shard in
            shard.role == role && shard.isCommitted
                && shard.range.images.contains { state.images[$0.place].status == .ok }
        }.sorted { $0.range.first < $1.range.first }.compactMap { shard in
            shard.maker.map {
                AuditableShard(shard: shard.record, maker: $0, fingerprint: nil, auditedBy: shard.auditedBy)
            }
        }
    }

    package func reopenUnreadable(_ role: ImageRole) throws -> Int {
        try write("reopened images") { state in
            var reopened = 0
            for shard in state.shards.values.filter({ $0.role == role && $0.isCommitted }).sorted(by: {
                $0.range.first < $1.range.first
            }) { reopened += try state.cutOutUnreadable(of: shard) }
            return reopened
        }
    }

    // MARK: Attempts

    package func addAttempt(toShards ids: [ShardID]) throws { try write("deaths") { $0.addAttempt(toShards: ids) } }

    package func recordInFlight(_ ids: [ShardID]) throws { try write("what is in hand") { $0.inFlight = ids } }

    package func blameShardsInFlight() throws -> [ShardID] {
        guard !state.inFlight.isEmpty else { return [] }
        return try write("the blame") { state in
            let blamed = state.inFlight
            state.addAttempt(toShards: blamed)
            state.inFlight = []
            return blamed
        }
    }
}

extension SimulatedJournal.State {
    /// Takes up images of a role behind those already there.
    mutating func register(_ new: [NewShard], _ role: ImageRole) {
        for shard in new {
            lastShard = lastShard.next
            let range = ShardRange(
                id: lastShard, first: ImageID(1).advanced(by: images.count), count: shard.images)
            images += (0..<shard.images).map { _ in SimulatedJournal.Image(role: role) }
            shards[range.id] = SimulatedJournal.Shard(range: range, role: role, lot: shard.lot)
        }
    }

    mutating func commit(
        partial: PartialRecord?, shards ids: [ShardID], role: ImageRole, failures: [ImageFailure],
        poison: [ImageFailure], isFenced: Bool = true
    ) throws -> PartialID? {
        let found = try pending(ids, role, isFenced: isFenced)
        for failure in failures + poison where !found.contains(where: { $0.range.contains(failure.id) }) {
            throw JournalRefusal(description: "image \(failure.id) is not one of the shards that it failed in")
        }
        let counted = found.reduce(0) { $0 + $1.range.count } - failures.count - poison.count
        guard counted == partial?.images ?? 0, !found.isEmpty else {
            throw JournalRefusal(
                description: "a partial of \(partial?.images ?? 0) images came for shards that have \(counted)")
        }
        if let partial, isFenced, partials.contains(where: { $0.record.file == partial.file }) {
            throw JournalRefusal(description: "there is a partial \(partial.file) already")
        }
        guard found.allSatisfy({ $0.lot == found[0].lot }) else {
            throw JournalRefusal(description: "a partial came for shards of several lots")
        }
        let number = partial.map { insert($0, role, lot: found[0].lot) }
        for shard in found { mark(shard, failures, poison, partial: number) }
        return number
    }

    mutating func insert(_ partial: PartialRecord, _ role: ImageRole, lot: Int?) -> PartialID {
        lastPartial = lastPartial.next
        partials.append(CommittedPartial(id: lastPartial, record: partial, role: role, lot: lot))
        return lastPartial
    }

    mutating func mark(
        _ shard: SimulatedJournal.Shard, _ failures: [ImageFailure], _ poison: [ImageFailure], partial: PartialID?
    ) {
        for image in shard.range.images {
            if poison.contains(where: { $0.id == image }) {
                images[image.place].status = .poison
            } else if failures.contains(where: { $0.id == image }) {
                images[image.place].status = .unreadable
            } else if images[image.place].status == nil {
                images[image.place].status = .ok
            }
        }
        shards[shard.range.id]?.isCommitted = true
        shards[shard.range.id]?.partial = partial
    }

    mutating func addAttempt(toShards ids: [ShardID]) {
        for id in ids where shards[id]?.isCommitted == false { shards[id]?.attempts += 1 }
        inFlight.removeAll(where: ids.contains)
    }

    /// Puts pieces in a shard's place: those of unreadable images are to do again, the others stay as they are.
    mutating func cutOutUnreadable(of shard: SimulatedJournal.Shard) throws -> Int {
        let unreadable = shard.range.images.map { images[$0.place].status == .unreadable }
        guard unreadable.contains(true) else { return 0 }
        guard shard.payload == nil else {
            throw JournalRefusal(description: "shard \(shard.range.id) has a result of all its images")
        }
        shards[shard.range.id] = nil
        var next = 0
        while next < unreadable.count {
            let count = unreadable[next...].prefix { $0 == unreadable[next] }.count
            lastShard = lastShard.next
            let range = ShardRange(id: lastShard, first: shard.range.first.advanced(by: next), count: count)
            shards[lastShard] = SimulatedJournal.Shard(range: range, role: shard.role, lot: shard.lot)
            if unreadable[next] {
                for image in range.images { images[image.place].status = nil }
            } else {
                shards[lastShard]?.isCommitted = true
                shards[lastShard]?.partial = shard.partial
                shards[lastShard]?.maker = shard.maker
            }
            next += count
        }
        return unreadable.count { $0 }
    }

    mutating func reopen(_ id: ShardID) {
        guard let shard = shards[id] else { return }
        for image in shard.range.images { images[image.place].status = nil }
        shards[id]?.isCommitted = false
        shards[id]?.partial = nil
        shards[id]?.payload = nil
        shards[id]?.maker = nil
        shards[id]?.fingerprint = nil
        shards[id]?.auditedBy = nil
    }

    /// The fence: refuses shards that are unknown, named twice, or count already.
    func pending(_ ids: [ShardID], _ role: ImageRole, isFenced: Bool = true) throws -> [SimulatedJournal.Shard] {
        guard Set(ids).count == ids.count else {
            throw JournalRefusal(description: "a shard is named twice in a commit")
        }
        return try ids.map { id in
            guard let shard = shards[id], shard.role == role else {
                throw JournalRefusal(description: "there is no shard \(id)")
            }
            guard !shard.isCommitted || !isFenced else {
                throw JournalRefusal(description: "shard \(id) is committed already")
            }
            return shard
        }
    }
}

extension ShardRange {
    package var images: [ImageID] { Array(first..<first.advanced(by: count)) }
}

extension ImageID {
    /// In an array of all images.
    var place: Int { Int(rawValue) - 1 }
}
