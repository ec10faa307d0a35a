import Cluster
import Journal
import Storage

/// Images that are taken out of a fit, as the real journal does it.
extension SimulatedJournal.State {
    fileprivate typealias Shard = SimulatedJournal.Shard

    fileprivate mutating func removeImages(_ role: ImageRole) {
        shards = shards.filter { $0.value.role != role }
        // They were the last to come.
        while images.last?.role == role {
            originals[ImageID(0).advanced(by: images.count)] = nil
            images.removeLast()
        }
    }

    mutating func registerCopies(of ids: [ImageID], role: ImageRole, shards: [NewShard]) {
        removeImages(role)
        let first = ImageID(1).advanced(by: images.count)
        register(shards, role)
        for (place, image) in ids.enumerated() { originals[first.advanced(by: place)] = image }
    }

    fileprivate func copies(_ role: ImageRole) -> [ImageID] {
        images.indices.filter { images[$0].role == role }.map { ImageID(1).advanced(by: $0) }
    }

    fileprivate mutating func beginExclusion(of places: [Int], shardSize: Int) throws -> Int {
        var (inSums, others) = (Set<ImageID>(), Set<ImageID>())
        for place in Set(places) {
            guard images.indices.contains(place), images[place].role == .normal else {
                throw JournalRefusal(description: "the fit has no such image")
            }
            let id = ImageID(1).advanced(by: place)
            switch images[place].status {
            case .excluded: continue
            case .ok:
                guard images[place].digest != nil else { throw JournalRefusal(description: "a content is not known") }
                inSums.insert(id)
            case .unreadable, .poison, nil: others.insert(id)
            }
        }
        let isModelOld = others.contains { images[$0.place].status == nil }
        leaveOut(others)
        if isModelOld { forgetModels() }
        if Set(copies(.excluding).compactMap { originals[$0] }) != inSums {
            removeExclusion()
            func lot(_ image: ImageID) -> Int { shards.values.first { $0.range.contains(image) }?.lot ?? -1 }
            let sorted = inSums.sorted { (lot($0), $0) < (lot($1), $1) }
            let lots = sorted.map { lot($0) < 0 ? nil : lot($0) }
            registerCopies(of: sorted, role: .excluding, shards: JobSpec.shards(ofLots: lots, shardSize))
        }
        return inSums.count
    }

    fileprivate mutating func finishExclusion(_ rests: [(partials: [PartialID], rest: PartialRecord?)]) throws {
        let copies = copies(.excluding)
        guard copies.allSatisfy({ images[$0.place].status == .ok }) else {
            throw JournalRefusal(description: "images that are to be taken out are not folded")
        }
        let excluded = copies.filter { copy in
            guard let original = originals[copy].map({ images[$0.place] }) else { return false }
            return original.status == .ok && original.digest != nil && original.digest == images[copy.place].digest
        }.compactMap { originals[$0] }
        guard excluded.count == copies.count, !copies.isEmpty else {
            throw JournalRefusal(description: "the fit does not have the images that are to be taken out")
        }
        leaveOut(Set(excluded))
        var replaced = 0
        for (ids, rest) in rests { replaced += try replace(ids, withRest: rest) }
        guard replaced == copies.count else { throw JournalRefusal(description: "\(replaced) are taken out of sums") }
        removeExclusion()
        forgetModels()
    }

    fileprivate mutating func removeExclusion() {
        removeImages(.excluding)
        partials.removeAll { $0.role == .excluding }
    }

    private mutating func forgetModels() {
        for name in ["model", "made-model", "uncalibrated-model"] { values[name] = nil }
    }

    private mutating func leaveOut(_ excluded: Set<ImageID>) {
        let touched = shards.values.filter { $0.role == .normal && $0.range.images.contains(where: excluded.contains) }
        for shard in touched.sorted(by: { $0.range.first < $1.range.first }) { cut(shard, leaving: excluded) }
    }

    private mutating func cut(_ shard: Shard, leaving excluded: Set<ImageID>) {
        shards[shard.range.id] = nil
        var rest = shard.range.images[...]
        while let first = rest.first {
            let isOut = excluded.contains(first)
            let found = rest.prefix { excluded.contains($0) == isOut }
            rest = rest.dropFirst(found.count)
            lastShard = lastShard.next
            var piece = Shard(range: ShardRange(id: lastShard, first: first, count: found.count), role: .normal)
            piece.lot = shard.lot
            piece.isCommitted = isOut || shard.isCommitted
            piece.partial = isOut ? nil : shard.partial
            shards[lastShard] = piece
            if isOut { for image in found { images[image.place].status = .excluded } }
        }
    }

    private mutating func replace(_ ids: [PartialID], withRest rest: PartialRecord?) throws -> Int {
        let old = ids.compactMap { id in partials.first { $0.id == id } }
        guard old.count == ids.count, let first = old.first, first.role == .normal, old.allSatisfy(first.isOfSameLot)
        else { throw JournalRefusal(description: "there are no such partials, or they have no common rest") }
        let new = rest.map { insert($0, .normal, lot: first.lot) }
        partials.removeAll { ids.contains($0.id) }
        for (id, shard) in shards where shard.partial.map(ids.contains) == true { shards[id]?.partial = new }
        if let new {
            let counted = shards.values.filter { $0.partial == new }.reduce(0) { sum, shard in
                sum + shard.range.images.count { images[$0.place].status == .ok }
            }
            guard counted == rest?.images else { throw JournalRefusal(description: "sums of others came") }
        }
        return old.reduce(0) { $0 + $1.record.images } - (rest?.images ?? 0)
    }
}

extension SimulatedJournal {
    package func changedSinceFolded() -> [JobImage] { [] }

    package func beginExclusion(of places: [Int], shardSize: Int) throws -> Int {
        try write("images to take out") { try $0.beginExclusion(of: places, shardSize: shardSize) }
    }

    package func removeExclusion() throws { try write("images to take out") { $0.removeExclusion() } }

    func finish(_ rests: [(partials: [PartialID], rest: PartialRecord?)]) throws {
        for rest in rests.compactMap(\.rest) { willName(rest) }
        try write("images taken out") { try $0.finishExclusion(rests) }
    }
}
