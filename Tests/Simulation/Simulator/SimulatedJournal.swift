import Cluster

/// What the journal refuses, as the real one does.
package struct JournalRefusal: Error, CustomStringConvertible {
    package let description: String
}

/// The journal as the coordinator sees it. A method is a transaction: on the disk, whole, when it returns.
package struct SimulatedJournal {
    package enum Role: Sendable { case normal, inspect }
    package enum Status: Sendable { case ok, unreadable, poison }
    package enum Phase: Sendable { case accumulating, merging, inspecting, done, failed }

    package struct Image {
        package let role: Role
        package var status: Status?
        package var score: Float?
    }

    package struct Shard {
        package let range: ShardRange
        package let role: Role
        package var isCommitted = false
        package var partial: Int64?
        /// How often a worker or a coordinator ended with it.
        package var attempts = 0
    }

    package struct Partial {
        package let id: Int64
        package let file: String
        package let images: Int64
    }

    package private(set) var images: [Image]
    package internal(set) var shards: [Int64: Shard] = [:]
    package private(set) var partials: [Partial] = []
    package private(set) var lastShard: Int64 = 0
    package private(set) var epoch: Int64 = 0
    private var ended: Int64 = 0
    private var lastPartial: Int64 = 0
    /// Shards in workers' hands.
    var inHand: [Int64] = []
    package var phase: Phase?
    package var model: UInt64?

    package init(_ spec: JobSpec) {
        images = (1...spec.images).map { Image(role: $0 <= spec.normal ? .normal : .inspect) }
        for (role, first, count) in [(Role.normal, 1, spec.normal), (.inspect, spec.normal + 1, spec.inspected)] {
            for start in stride(from: first, to: first + count, by: spec.shardSize) {
                lastShard += 1
                let range = ShardRange(
                    id: lastShard, first: Int64(start), count: min(spec.shardSize, first + count - start))
                shards[lastShard] = Shard(range: range, role: role)
            }
        }
    }

    package subscript(image: Int64) -> Image { images[Int(image) - 1] }

    package func shards(_ role: Role) -> [Shard] {
        shards.values.filter { $0.role == role }.sorted { $0.range.first < $1.range.first }
    }

    package func failed(_ role: Role) -> Int {
        images.count { $0.role == role && ($0.status == .unreadable || $0.status == .poison) }
    }

    package mutating func beginEpoch(raising: Bool) -> Int64 {
        if raising || epoch == 0 { epoch += 1 }
        return epoch
    }

    package mutating func recordEnd() {
        inHand = []
        ended = epoch
    }

    package var wasCutOff: Bool { epoch > ended }

    package mutating func commit(
        partial: (file: String, images: Int64)?, shards ids: [Int64], failures: [Int64: Status], isFenced: Bool = true
    ) throws {
        let found = try pending(ids, .normal, isFenced: isFenced)
        for image in failures.keys.sorted() where !found.contains(where: { $0.range.contains(image) }) {
            throw JournalRefusal(description: "image \(image) is not one of the shards that it failed in")
        }
        let counted = Int64(found.reduce(0) { $0 + $1.range.count } - failures.count)
        guard counted == partial?.images ?? 0, !found.isEmpty else {
            throw JournalRefusal(
                description: "a partial of \(partial?.images ?? 0) images came for shards that have \(counted)")
        }
        var number: Int64?
        if let partial {
            guard isFenced == false || !partials.contains(where: { $0.file == partial.file }) else {
                throw JournalRefusal(description: "there is a partial \(partial.file) already")
            }
            lastPartial += 1
            number = lastPartial
            partials.append(Partial(id: lastPartial, file: partial.file, images: partial.images))
        }
        for shard in found { mark(shard, failures, partial: number) }
    }

    /// Marks shards and forgets the partial: half of a transaction, for a flaw.
    package mutating func markOnly(shards ids: [Int64], failures: [Int64: Status]) throws {
        for shard in try pending(ids, .normal) { mark(shard, failures, partial: lastPartial + 1) }
    }

    /// The other half.
    package mutating func recordOnly(file: String, images: Int64) {
        lastPartial += 1
        partials.append(Partial(id: lastPartial, file: file, images: images))
    }

    private mutating func mark(_ shard: Shard, _ failures: [Int64: Status], partial: Int64?) {
        for image in shard.range.images {
            if let status = failures[image] {
                images[Int(image) - 1].status = status
            } else if images[Int(image) - 1].status == nil {
                images[Int(image) - 1].status = .ok
            }
        }
        shards[shard.range.id]?.isCommitted = true
        shards[shard.range.id]?.partial = partial
    }

    package mutating func commitInspection(shard id: Int64, _ results: [(image: Int64, status: Status, score: Float?)])
        throws
    {
        guard let shard = try pending([id], .inspect).first else { return }
        guard results.count == shard.range.count, Set(results.map(\.image)) == Set(shard.range.images) else {
            throw JournalRefusal(description: "the results of shard \(id) are not one of each of its images")
        }
        for result in results {
            images[Int(result.image) - 1].status = result.status
            images[Int(result.image) - 1].score = result.score
        }
        shards[id]?.isCommitted = true
    }

    package mutating func split(shard id: Int64, into pieces: [ShardRange]) throws {
        guard let role = shards[id]?.role, let old = try pending([id], role).first else {
            throw JournalRefusal(description: "there is no shard \(id) to split")
        }
        var next = old.range.first
        for piece in pieces {
            guard piece.first == next, shards[piece.id] == nil else {
                throw JournalRefusal(description: "the pieces of shard \(id) do not join, or have numbers in use")
            }
            next += Int64(piece.count)
        }
        guard next == old.range.first + Int64(old.range.count) else {
            throw JournalRefusal(description: "the pieces of shard \(id) are not all of it")
        }
        shards[id] = nil
        for piece in pieces {
            shards[piece.id] = Shard(range: piece, role: role, attempts: max(0, old.attempts - 1))
            lastShard = max(lastShard, piece.id)
        }
    }

    /// Images of a partial that is damaged are to do again.
    package mutating func discard(partial id: Int64) {
        for (number, shard) in shards where shard.partial == id { reopen(number) }
        partials.removeAll { $0.id == id }
    }

    /// - Parameter whole: whether all images of their shards are to do again, for a flaw.
    package mutating func reopenUnreadable(_ role: Role, whole: Bool = false) {
        if role == .normal, model != nil { return }
        for shard in shards(role) where shard.isCommitted {
            if !whole {
                cutOutUnreadable(of: shard)
            } else if shard.range.images.contains(where: { self[$0].status == .unreadable }) {
                reopen(shard.range.id)
            }
        }
    }

    /// Puts pieces in a shard's place: those of unreadable images are to do again, the others stay as they are.
    private mutating func cutOutUnreadable(of shard: Shard) {
        let unreadable = shard.range.images.map { self[$0].status == .unreadable }
        guard unreadable.contains(true) else { return }
        shards[shard.range.id] = nil
        var next = 0
        while next < unreadable.count {
            let count = unreadable[next...].prefix { $0 == unreadable[next] }.count
            lastShard += 1
            let range = ShardRange(id: lastShard, first: shard.range.first + Int64(next), count: count)
            shards[lastShard] = Shard(range: range, role: shard.role)
            if unreadable[next] {
                for image in range.images { images[Int(image) - 1].status = nil }
            } else {
                shards[lastShard]?.isCommitted = true
                shards[lastShard]?.partial = shard.partial
            }
            next += count
        }
    }

    /// Forgets which shards are committed, for a flaw.
    package mutating func forgetCommits() {
        for number in shards.keys { shards[number]?.isCommitted = false }
    }

    private mutating func reopen(_ id: Int64) {
        guard let shard = shards[id] else { return }
        for image in shard.range.images { images[Int(image) - 1].status = nil }
        shards[id]?.isCommitted = false
        shards[id]?.partial = nil
    }

    /// The fence: refuses shards that are unknown, named twice, or count already.
    private func pending(_ ids: [Int64], _ role: Role, isFenced: Bool = true) throws -> [Shard] {
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
    package var images: [Int64] { Array(first..<first + Int64(count)) }
}
