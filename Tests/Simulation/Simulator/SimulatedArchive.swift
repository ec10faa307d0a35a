import Cluster

/// The coordinator's disk queue: what `Archive` does, step by step, so that a death fits between any two steps.
final class SimulatedArchive {
    enum Order {
        case openPartial(Int64, images: Int64)
        case storeChunk(Int64, index: Int, patches: Range<Int>, bytes: [UInt8])
        case dropPartial(Int64)
        case commitPartial(Int64, shards: [Int64], failures: [ImageFailure])
        case commitResults(Int64, [ImageOutcome], InspectionOrder, inPlace: [PictureOfImage])
        case split(Int64, [ShardRange])
        case poison(Int64, shard: Int64, SimulatedJournal.Role)
        case deaths([Int64])
        case inHand(Hands)
        case picture(String?, [UInt8])
    }

    typealias Step = () throws -> CoordinatorEvent?

    private struct OpenPartial {
        let images: Int64
        /// Nil for one of no images.
        let file: Int?
        var written: Set<Int> = []
    }

    let folder: JobFolder
    let flaw: Flaw?
    private(set) var queue: [[Step]] = []
    private var open: [Int64: OpenPartial] = [:]
    private(set) var failed = false
    private var hands = Hands()

    /// The latest word on what is in hand.
    final class Hands {
        fileprivate var word: (shards: [Int64], book: [DeathBook.Hand])?
    }

    init(_ folder: JobFolder, flaw: Flaw?) { (self.folder, self.flaw) = (folder, flaw) }

    var isIdle: Bool { queue.isEmpty || failed }

    /// - Returns: whether the queue was empty: its first step is to be started.
    func take(_ order: Order) -> Bool {
        guard !failed else { return false }
        // Words on what is in hand are not drawn forward over deaths.
        if case .deaths = order { hands = Hands() }
        queue.append(steps(order))
        return queue.count == 1
    }

    /// Of several words on what is in hand the latest is written.
    /// - Returns: the order that is due if none is waiting.
    func put(inHand shards: [Int64], _ book: [DeathBook.Hand]) -> Order? {
        defer { hands.word = (shards, book) }
        return hands.word == nil ? .inHand(hands) : nil
    }

    /// Does the next step.
    /// - Returns: what the core is told.
    func step() throws -> CoordinatorEvent? {
        guard !failed, let step = queue.first?.first else { return nil }
        queue[0].removeFirst()
        if queue[0].isEmpty { queue.removeFirst() }
        do {
            return try step()
        } catch is DiskFull where flaw == .ignoreFullDisk {
            return nil
        } catch {
            failed = true
            open = [:]
            throw error
        }
    }

    private func steps(_ order: Order) -> [Step] {
        switch order {
        case .openPartial(let upload, let images): [{ try self.openPartial(upload, images) }]
        case .storeChunk(let upload, let index, let patches, let bytes):
            [{ try self.storeChunk(upload, index, patches, bytes) }]
        case .dropPartial(let upload):
            [
                {
                    if let file = self.open.removeValue(forKey: upload)?.file {
                        self.folder.disk.drop(file, in: "partials")
                    }
                    return nil
                }
            ]
        case .commitPartial(let upload, let shards, let failures): commitSteps(upload, shards, failures)
        case .commitResults(let shard, let outcomes, let order, let inPlace):
            resultSteps(shard, outcomes, order, inPlace)
        case .split(let shard, let halves):
            [
                {
                    guard self.flaw != .forgetSplit else { return nil }
                    try self.folder.write("a split") { journal in
                        try journal.split(shard: shard, into: halves)
                        if self.flaw == .halvesInheritAll { journal.addAttempt(toShards: halves.map(\.id)) }
                    }
                    return nil
                }
            ]
        case .poison(let image, let shard, let role):
            [
                {
                    if self.flaw != .forgetPoison { try self.folder.condemn(image, shard: shard, role) }
                    return .resultsCommitted(shard: shard)
                }
            ]
        case .deaths(let shards):
            [
                {
                    try self.folder.write("deaths") { $0.addAttempt(toShards: shards) }
                    self.folder.deaths.wrote(deaths: shards)
                    return nil
                }
            ]
        case .inHand(let hands): [{ try self.write(hands) }]
        case .picture(let name, let bytes): pictureSteps(name, bytes)
        }
    }

    private func write(_ hands: Hands) throws -> CoordinatorEvent? {
        guard let word = hands.word else { return nil }
        hands.word = nil
        if flaw != .forgetHands {
            try folder.write("what is in hand") { $0.recordInHand(word.shards) }
            folder.deaths.wrote(word.book)
        }
        return .recordedInHand(shards: word.shards)
    }

    private func openPartial(_ upload: Int64, _ images: Int64) throws -> CoordinatorEvent? {
        guard images > 0 else {
            open[upload] = OpenPartial(images: 0, file: nil)
            return nil
        }
        let file = try folder.disk.create(in: "partials")
        open[upload] = OpenPartial(images: images, file: file)
        try folder.disk.write(file, PartialFile.header(images: images), at: 0)
        return nil
    }

    private func storeChunk(_ upload: Int64, _ index: Int, _ patches: Range<Int>, _ bytes: [UInt8]) throws
        -> CoordinatorEvent?
    {
        let spec = folder.spec
        if let partial = open[upload], let file = partial.file {
            let size = PartialFile.recordBytes(spec)
            for (place, patch) in patches.enumerated() {
                let record = bytes[place * size..<(place + 1) * size]
                // Sums of squares are not negative: what a broken worker sends is refused, as by the real file.
                guard isPlausible(record) else {
                    folder.disk.drop(file, in: "partials")
                    open[upload] = nil
                    return .partialRefused(upload: upload, reason: "patch \(patch) has sums that no images give")
                }
                try folder.disk.write(file, Array(record), at: PartialFile.offset(patch: patch, spec))
                try folder.disk.write(
                    file, PartialFile.check(record, patch: patch, images: partial.images),
                    at: PartialFile.checkOffset(patch: patch, spec))
                open[upload]?.written.insert(patch)
            }
        }
        return .chunkStored(upload: upload, index: index)
    }

    private func isPlausible(_ record: ArraySlice<UInt8>) -> Bool {
        record.withUnsafeBytes {
            $0.loadUnaligned(fromByteOffset: $0.count - 8, as: Int64.self) >= 0
        }
    }

    private func commitSteps(_ upload: Int64, _ shards: [Int64], _ failures: [ImageFailure]) -> [Step] {
        let name = "\(upload).safetensors"
        func file(_ body: @escaping (Int, OpenPartial) throws -> Void) -> Step {
            {
                guard let partial = self.open[upload], let file = partial.file else { return nil }
                try body(file, partial)
                return nil
            }
        }
        let sync = file { file, partial in
            guard partial.written.count == self.folder.spec.patches else {
                throw JournalRefusal(description: "a partial was committed with patches missing")
            }
            if self.flaw != .neverSync { try self.folder.disk.sync(file) }
        }
        let rename = file { file, _ in self.folder.disk.rename(file, to: name, in: "partials") }
        let syncFolder: Step = {
            if self.flaw != .forgetFolderSync { self.folder.disk.syncFolder("partials") }
            return nil
        }
        let commit: Step = {
            guard let partial = self.open[upload] else { return nil }
            let failed = Dictionary(failures.map { ($0.id, SimulatedJournal.Status.unreadable) }) { first, _ in first }
            try self.folder.commit(
                partial.file == nil ? nil : (name, partial.images), shards, failed, flaw: self.flaw)
            return nil
        }
        let second: Step = {
            if self.flaw == .twoTransactions, let partial = self.open[upload], partial.file != nil {
                self.folder.journal.recordOnly(file: name, images: partial.images)
            }
            return nil
        }
        let word: Step = {
            guard self.open.removeValue(forKey: upload) != nil || self.flaw == .commitTwice else { return nil }
            return .partialCommitted(upload: upload)
        }
        switch flaw {
        case .commitBeforeSync: return [commit, sync, rename, syncFolder, word]
        case .twoTransactions: return [sync, rename, syncFolder, commit, second, word]
        case .commitTwice: return [sync, rename, syncFolder, commit, commit, word]
        default: return [sync, rename, syncFolder, commit, word]
        }
    }

    private func resultSteps(
        _ shard: Int64, _ outcomes: [ImageOutcome], _ order: InspectionOrder, _ inPlace: [PictureOfImage]
    ) -> [Step] {
        var missing: PictureOfImage?
        let look: Step = {
            guard self.flaw != .trustWrittenPictures else { return nil }
            missing = inPlace.first { picture in
                order.path(of: picture.kind, output: "\(picture.image)")
                    .map { self.folder.disk.read($0, in: "pictures") == nil } ?? false
            }
            return missing.map { .resultsRefused(shard: shard, reason: "no \($0.kind.rawValue) of image \($0.image)") }
        }
        func unlessMissing(_ step: @escaping Step) -> Step { { missing == nil ? try step() : nil } }
        let sync = unlessMissing {
            // Those that workers wrote are in their machines' caches.
            if order.hasPictures { try self.folder.disk.syncAll(on: SimulatedDisk.home) }
            return nil
        }
        let commit = unlessMissing {
            try self.folder.commitResults(shard, outcomes)
            return nil
        }
        let word = unlessMissing { .resultsCommitted(shard: shard) }
        return [look] + (flaw == .commitResultsBeforeMaps ? [commit, sync, word] : [sync, commit, word])
    }

    private func pictureSteps(_ name: String?, _ bytes: [UInt8]) -> [Step] {
        [
            {
                if let name { try self.folder.publish(name, bytes, flaw: self.flaw) }
                return .pictureStored
            }
        ]
    }
}
