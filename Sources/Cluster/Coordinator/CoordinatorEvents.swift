import Settings
import Storage

/// A worker's place on the network, as the transport names it.
public struct WorkerAddress: Hashable, Sendable {
    public let bytes: [UInt8]

    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// All bytes at once, and not one by one.
    public func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
}

/// A run of consecutive images of the job's list: what is dealt as one.
public struct ShardRange: Codable, Hashable, Sendable {
    public let id: ShardID
    /// The first image's place in the list.
    public let first: ImageID
    public let count: Int

    public init(id: ShardID, first: ImageID, count: Int) { (self.id, self.first, self.count) = (id, first, count) }

    public func contains(_ image: ImageID) -> Bool { image >= first && first.distance(to: image) < count }
}

/// What is left of a role's images when a stage begins.
public struct ShardsToDo: Equatable, Sendable {
    public let shards: [ShardRange]
    /// The highest shard number that the job ever used.
    public let lastShard: ShardID
    /// Images known to be unusable.
    public let failures: Int
    /// More unusable images than this end the job.
    public let mostFailures: Int
    /// How often workers, or whole coordinators, ended with a shard in hand, where they did.
    public let deaths: [ShardID: Int]
    /// Of the maps that scores are taken from; nil where nothing is known of them.
    public let mapBounds: MapBounds?
    /// Whether more shards come while the stage is under way. Then who opened it ends it, says when sums are due, and is given back what
    /// workers die on.
    public let isOpenEnded: Bool

    /// Of a stage whose shards are still to come.
    public static let openEnded = ShardsToDo(
        shards: [], lastShard: 0, failures: 0, mostFailures: .max, isOpenEnded: true)

    public init(
        shards: [ShardRange], lastShard: ShardID, failures: Int, mostFailures: Int, deaths: [ShardID: Int] = [:],
        mapBounds: MapBounds? = nil, isOpenEnded: Bool = false
    ) {
        self.isOpenEnded = isOpenEnded
        (self.shards, self.lastShard, self.failures, self.mostFailures) = (shards, lastShard, failures, mostFailures)
        (self.deaths, self.mapBounds) = (deaths, mapBounds)
    }
}

/// The rows and columns, in pixels, of the map that a score is taken from.
public struct MapBounds: Equatable, Sendable {
    public let height: Int
    public let width: Int

    public init(height: Int, width: Int) { (self.height, self.width) = (height, width) }

    /// Of the maps that a model with such an input makes, of images of up to 65,535 pixels a side.
    public init(of input: InputSettings) {
        (height, width) = input.largestMap(mostPixelsOfSide: Int(UInt16.max))
    }
}

/// Why the coordinator stops before the work is done.
public enum StopReason: Equatable, Sendable {
    /// Somebody asked.
    case requested
    /// More images than allowed could not be used.
    case tooManyFailures(Int)
    /// Workers gave shards up again and again, the last for this reason.
    case workersGiveUp(String)
    /// Workers broke the protocol again and again, and nothing was committed in between; the last in this way.
    case workersBreakTheProtocol(String)
}

/// What happens to the coordinator.
public enum CoordinatorEvent: Sendable {
    case received(WorkerMessage, payload: [UInt8], from: WorkerAddress)
    /// Time has passed. Due at least once a heartbeat.
    case tick
    case openStage(Stage, ShardsToDo)
    /// More shards of an open-ended stage, under numbers that are not in use. One that was returned may come again.
    /// - deaths: how many workers died on each of them, as far as is known.
    case addShards([ShardRange], deaths: Int = 0)
    /// All sums of an open-ended stage are due, until more shards come.
    case gather
    /// Shards that are committed are to be computed by others than those that did it.
    case openAudit(Stage, AuditToDo)
    /// A chunk that `storeChunk` gave is written.
    case chunkStored(upload: UploadID, index: Int)
    /// The partial is durable, and the journal says so.
    case partialCommitted(upload: UploadID)
    /// No images can have the sums that came: the worker that sent them is not trusted any more.
    case partialRefused(upload: UploadID, reason: String)
    /// An artifact that `storeArtifact` gave is written, or was not asked for.
    case artifactStored
    /// The results of a shard are durable.
    case resultsCommitted(shard: ShardID)
    /// Artifacts that the worker says it wrote are not there: the results are not committed.
    case resultsRefused(shard: ShardID, reason: String)
    /// What `recordInFlight` gave is durable.
    case recordedInFlight(shards: [ShardID])
    /// A worker's process, known by its name, has ended.
    case processEnded(name: String)
    /// Make safe what is done, then stop.
    case stop(StopReason)
    /// The job is done: dismiss the workers.
    case finish
}

/// What the coordinator's shell is to do.
public enum CoordinatorDirective: Equatable, Sendable {
    case send(CoordinatorMessage, to: WorkerAddress)
    /// Send the shard's images as `deal`.
    case deal(session: SessionID, lease: LeaseID, shard: ShardRange, to: WorkerAddress)
    /// Send a piece of the blob as `piece`.
    case sendPiece(Blob, offset: Int64, count: Int, to: WorkerAddress)
    /// Send a piece of an image of the shard, or of one of its lot, as `imagePiece`; or `imageUnavailable` where it cannot be read.
    case sendImagePiece(
        session: SessionID, ServedImage, shard: ShardRange, offset: Int64, count: Int, to: WorkerAddress)
    /// Sums begin to arrive.
    /// - samples: nil: as many as images.
    case openPartial(upload: UploadID, images: Int64, clamped: Int64, samples: Int64? = nil)
    case storeChunk(upload: UploadID, index: Int, patches: Range<Int>, bytes: [UInt8])
    /// Sums that a worker writes are whole in a file of that name beside the one that it will have: what `commitPartial` is to look at may be
    /// looked at now. It has no effect on what follows, so it may also be passed over.
    case lookAhead(upload: UploadID, file: String)
    /// All chunks are stored, or the worker has written the file: make the file durable, or look whether it is there, then the journal, then
    /// report `partialCommitted`; or `partialRefused` where no images have such sums, or the file is not there.
    /// - contents: the digests of the contents of the images that did not fail.
    /// - written: what the worker says of the file that it wrote; nil: chunks came.
    /// - audit: what the sums' fingerprint must be; nil where the stage has no audit.
    case commitPartial(
        upload: UploadID, shards: [ShardID], failures: [ImageFailure], contents: [ImageID: ContentDigest],
        written: WrittenSums? = nil, audit: PartialAudit? = nil)
    /// The sums will not come: forget what was stored, and remove what a worker may have written.
    case dropPartial(upload: UploadID)
    /// Write it under the name that it has until the results of its shard count, then report `artifactStored`.
    case storeArtifact(image: ImageID, kind: Artifact, lease: LeaseID, bytes: [UInt8])
    /// A lease ended without results that count: remove the artifacts that were written under it, as far as they are there.
    case dropArtifacts(shard: ShardID, lease: LeaseID)
    /// Look for the artifacts that belong to the results and give them their names, make all of it durable, then report `resultsCommitted`; or
    /// `resultsRefused` where an artifact is missing.
    /// - artifacts: nil where there are none beside the outcomes.
    /// - payload: what a shard of a calibration gave as a whole.
    /// - maker: who reported it.
    case commitResults(
        shard: ShardID, outcomes: [ImageOutcome], artifacts: WaitingArtifacts?, payload: CalibrationPayload? = nil,
        maker: ResultMaker? = nil)
    /// Make what the shard's images are durable, then say `resultsCommitted`.
    /// - contents: the digests of the contents of the images that did not fail.
    case commitContents(shard: ShardID, failures: [ImageFailure], contents: [ImageID: ContentDigest])
    /// Write what came of a range of patches, then say `resultsCommitted`; or `resultsRefused` where it is not what it should be.
    case placeRange(ShardRange, bytes: [UInt8])
    /// Remember that a worker died on each of these shards, and that no worker has them now.
    case recordDeaths(shards: [ShardID])
    /// Remember that these shards, and no others, are with workers: should the coordinator end with them, they are
    /// suspects too. Then report `recordedInFlight`. Of several such directives only the last counts.
    case recordInFlight(shards: [ShardID])
    /// A worker died on a shard of an open-ended stage: it is not of the stage any more.
    case returned(shard: ShardID)
    /// A shard of an open-ended stage is in its worker's sums, which are not safe. Where they are lost and it is folded again, it is said again.
    case folded(shard: ShardID, failures: [ImageFailure], contents: [ContentDigest])
    /// Replace a shard by its halves, durably.
    case split(shard: ShardID, into: [ShardRange])
    /// An image that workers die of: record it, and its shard as committed.
    case poison(image: ImageID, shard: ShardID)
    /// Every shard of the stage is committed.
    case stageDone(number: Int)
    /// Every shard of the audit was looked at, or nobody can.
    case auditDone(number: Int, AuditFindings)
    /// No worker does the merge: what was done of it is not needed.
    case stageDeclined(number: Int)
    /// All that was done is safe, and the workers are let go.
    case stopped(StopReason)
    /// For the log and the progress line.
    case note(CoordinatorNote)
}

/// What is worth telling a person.
public enum CoordinatorNote: Equatable, Sendable {
    case joined(name: String, threads: Int, instructionSet: String)
    /// It is a relay, and the workers behind it have these now.
    case relays(name: String, instructionSets: [String])
    /// It is prepared for the stage under way.
    case ready(name: String)
    case left(name: String)
    case died(name: String, shardsDealtAgain: Int)
    /// It is heard of, but works no more: its session ends as if it had died.
    case stuck(name: String, milliseconds: Int64)
    case refused(name: String, reason: String)
    case ineligible(name: String, reason: String)
    /// It takes no part in the merge, and why.
    case abstains(name: String, reason: String)
    /// It says that it can use none of a shard's images, the first for this reason. Another worker is asked before it is believed.
    case unconfirmed(name: String, shard: ShardID, images: Int, reason: String)
    case abandoned(name: String, shard: ShardID, reason: String)
    /// What a session's compute threads did in the stage so far.
    case worked(session: SessionID, WorkTime)
    /// Images that cannot be used, of a shard that was reported. Where its work is lost and it is dealt again, they come once more.
    case unusable([ImageFailure])
    /// It said what no worker that follows the protocol says: its session ends, nobody is blamed.
    /// - isLast: a worker of that name is not taken in any more.
    case breach(name: String, session: SessionID, reason: String, isLast: Bool)
    /// An audit has shown that what it computes is wrong: a worker of that name is not taken in any more.
    case distrusted(name: String, reason: String)
    /// It said hello again, and starts empty.
    case beganAnew(name: String, session: SessionID, shardsDealtAgain: Int)
    /// Of the artifacts that it says it sent, some did not arrive: the shard is dealt again.
    case artifactsLost(name: String, shard: ShardID, reported: Int, arrived: Int)
    /// It can use none of a shard's images, the first for this reason, and is believed. Said once a session and stage.
    case sawNothing(name: String, shard: ShardID, images: Int, reason: String)
    case dropped(reason: String)
    case suspect(shard: ShardID, deaths: Int)
    /// It takes much longer than usual, and nothing is left to deal: this worker does it as well.
    case overdue(shard: ShardID, name: String)
}
