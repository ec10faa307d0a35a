import Cluster
import JobRules
import Journal
import Storage

/// A job's directory, and beside it the book that the verdict keeps: what may never happen is noticed where it happens.
final class JobFolder {
    let spec: JobSpec
    var disk = SimulatedDisk()
    let journal: SimulatedJournal
    /// By which workers know that they see the directory and that the job goes on; nil where nothing is to be written.
    var probe: String?
    /// The models that were made, by the digest of their file.
    var models: [Digest: UInt64] = [:]
    /// What went against the promise, in words.
    private(set) var violations: [String] = []
    /// Partials whose bytes the bad disk changed.
    var rotten: Set<String> = []
    /// Leases and uploads that were ever given out, and to whom.
    private var leases: [LeaseID: (session: SessionID, shard: ShardRange)] = [:]
    private var sessions: Set<SessionID> = []
    var deaths = DeathRecords()
    /// An audit ended without knowing who is right, because workers ended with it.
    var hasUnaudited = false
    /// The sums that workers wrote themselves, by the name of their file.
    private var writtenSums: [String: [UInt8]] = [:]
    /// The file that workers write ranges into, and how many images its sums are of.
    var mergeTarget: Int?
    var imagesMerged: Int64 = 0
    /// Files of sums that have their name.
    var published: Set<Int> = []
    /// Whether a small write finds no space, for once.
    var isTight: () -> Bool = { false }
    /// Counts something that was rehearsed.
    var tally: (String) -> Void = { _ in }
    /// Whether the job ended well.
    var isDone = false
    /// Whether its command leaves wrong images out.
    var excludes: Bool
    /// Whether its command was given once more after its end.
    var isTriedAgain = false

    init(_ spec: JobSpec, flaw: Flaw?) {
        self.spec = spec
        excludes = spec.isWrongKnown && !spec.wrong.isEmpty
        journal = FlawedJournal(spec, flaw: flaw)
        journal.admit = { [unowned self] what in
            if disk.isFull || isTight() { throw DiskFull(what: what) }
        }
        journal.willName = { [unowned self] partial in
            if let written = writtenSums[partial.file], disk.read(partial.file, in: "partials") != written {
                violate("the journal names \(partial.file), which is not what its worker wrote")
            }
            if !disk.isDurable(partial.file, in: "partials") {
                violate("the journal names \(partial.file), which a power cut would tear")
            }
        }
    }

    /// The model that waits for its calibration.
    static let waitingModel = "uncalibrated"

    /// - Returns: whether there was one.
    func rotWaitingModel(_ dice: Dice) -> Bool {
        guard disk.read(Self.waitingModel, in: "results") != nil else { return false }
        disk.rot(Self.waitingModel, in: "results", dice)
        return true
    }

    func violate(_ words: String) {
        if violations.count < 20 { violations.append(words) }
    }

    func isUsable(_ image: ImageID) -> Bool { !spec.unreadable.contains(image) && !spec.poison.contains(image) }

    /// A deal: its lease must be new, or the same word said again.
    func dealt(_ lease: LeaseID, _ session: SessionID, _ shard: ShardRange) {
        if let known = leases[lease] {
            if known.session != session || known.shard != shard { violate("lease \(lease) is given out twice") }
        } else {
            leases[lease] = (session, shard)
            deaths.dealt(lease, session, shard.id)
        }
    }

    /// A deal of a shard that is computed once more: nobody is blamed for what becomes of it.
    func checkNew(_ lease: LeaseID, _ session: SessionID, _ shard: ShardRange) {
        dealt(lease, session, shard)
        deaths.forget(lease)
    }

    func opened(session: SessionID, isRepeat: Bool) {
        if !sessions.insert(session).inserted && !isRepeat { violate("session \(session) is given out twice") }
    }

    /// Writes an artifact that waits for its name, without a sync.
    func store(
        _ bytes: [UInt8], at place: String, under lease: LeaseID, on machine: Int = SimulatedDisk.home
    ) throws {
        try write(bytes, JobLayout.waiting(place, under: lease), on: machine)
    }

    /// Writes a file among the artifacts, whatever has its name.
    func write(_ bytes: [UInt8], _ name: String, on machine: Int) throws {
        let file = try disk.create(in: "pictures")
        try disk.write(file, bytes, at: 0, on: machine)
        disk.rename(file, to: name, in: "pictures", on: machine)
    }

    /// Removes artifacts that got no name.
    func sweepArtifacts() {
        for name in disk.names(in: "pictures") where JobLayout.place(ofWaiting: name) != nil {
            tally("artifact without a name swept")
            disk.remove(name, in: "pictures")
        }
    }

    /// A worker gives the file of an upload its name: no other worker ever had the upload, and the job goes on.
    func workerNames(_ file: Int, _ name: String, _ bytes: [UInt8], on machine: Int) {
        if writtenSums.updateValue(bytes, forKey: name) != nil { violate("\(name) is written twice") }
        if probe == nil { violate("\(name) is written into a job that is over") }
        if journal.partials().contains(where: { $0.record.file == name }) { violate("\(name) counts, and is replaced") }
        disk.rename(file, to: name, in: "partials", on: machine)
    }

    /// What the command has it do.
    var stages: [JobStage] { (excludes ? [.exclude] : []) + spec.stages }

    func beginExclusion() throws {
        if excludes { _ = try journal.beginExclusion(of: spec.wrong, shardSize: spec.shardSize) }
    }

    /// Takes up the images to inspect that have come since.
    /// - Parameters:
    ///   - most: of the list's portions, how many there are now.
    ///   - forgetful: takes up those that the job has once more.
    /// - Returns: how many images they are.
    func grow(toPortions most: Int, forgetful: Bool = false) throws -> Int {
        let there = spec.portions.prefix(most).reduce(0, +)
        let new = there - (forgetful ? 0 : journal.counts(.inspect).total)
        guard new > 0 else { return 0 }
        try journal.add(new, role: .inspect, shardSize: spec.shardSize)
        tally("images added")
        return new
    }

    /// Whether more images to inspect will come.
    var expectsMore: Bool { spec.portions.reduce(0, +) > journal.counts(.inspect).total }

    /// What a worker is told of an image: a copy lies where its original does.
    func task(_ image: ImageID) -> ImageTask {
        let original = journal.original(of: image)
        let task = spec.task(original)
        return ImageTask(
            id: image, location: task.location, output: task.output,
            digest: original == image ? nil : Self.content(of: original))
    }

    /// Of an image's bytes.
    static func content(of image: ImageID) -> ContentDigest {
        withUnsafeBytes(of: image.rawValue) { ContentDigest(of: $0) }
    }

    /// The exact sums of the committed partials.
    /// - Returns: nil where a file is damaged.
    func merged() -> Sums? { sum(of: journal.partials().map(\.record)) }

    /// The exact sums of some partials.
    /// - Returns: nil where a file is damaged.
    func sum(of partials: [PartialRecord]) -> Sums? {
        var sums = Sums(patches: spec.patches, dimension: spec.dimension)
        for partial in partials {
            let images = Int64(partial.images)
            guard let records = PartialFile.records(of: disk.read(partial.file, in: "partials"), images: images, spec)
            else {
                if !rotten.contains(partial.file) { violate("the committed partial \(partial.file) is damaged") }
                return nil
            }
            sums.add(images: images, records: records)
        }
        return sums
    }
}
