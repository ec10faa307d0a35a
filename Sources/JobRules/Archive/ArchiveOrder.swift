import Cluster
import Journal
import Storage

/// What the disk is asked to do, as one: an upload's file, a shard's results, or the note which shards workers have.
public enum ArchiveOrder: Sendable {
    /// - samples: nil: as many as images.
    case openPartial(upload: UploadID, images: Int64, clamped: Int64, samples: Int64? = nil)
    case storeChunk(upload: UploadID, index: Int, patches: Range<Int>, bytes: [UInt8])
    case dropPartial(upload: UploadID)
    /// - written: what a worker says of the file that it wrote; nil: chunks came.
    case commitPartial(
        upload: UploadID, shards: [ShardID], role: ImageRole, failures: [ImageFailure],
        contents: [ImageID: ContentDigest], written: WrittenSums? = nil, audit: PartialAudit? = nil)
    /// Puts the sum of partials of one lot in their place, if there are many.
    /// - expectsMore: whether more sums will come in this run of the stage.
    case addUpPartials(after: UploadID, expectsMore: Bool)
    /// - place: in the job's directory; nil for an artifact that was not asked for: it is only reported, because it was counted.
    case storeArtifact(place: String?, lease: LeaseID, bytes: [UInt8])
    case dropArtifacts(shard: ShardID, lease: LeaseID, order: InspectionOrder)
    /// - order: nil in a stage that inspects nothing.
    /// - artifacts: the maps and overlays of the shard; nil where the job writes none.
    /// - payload: what the shard gave as a whole; empty: nothing.
    /// - maker: who reported it.
    case commitResults(
        shard: ShardID, role: ImageRole, outcomes: [ImageOutcome], order: InspectionOrder?,
        artifacts: WaitingArtifacts?, payload: [UInt8] = [], maker: ResultMaker? = nil)
    case commitContents(
        shard: ShardID, role: ImageRole, failures: [ImageFailure], contents: [ImageID: ContentDigest])
    /// A range of the merge under way. The journal knows nothing of it.
    case placeRange(shard: ShardID, patches: Range<Int>, bytes: [UInt8])
    case split(shard: ShardID, into: [ShardRange])
    case recordPoison(image: ImageID, shard: ShardID, stage: JobStage)
    case recordDeaths(shards: [ShardID])
    case recordInFlight(shards: [ShardID])

    /// Its steps, in the order that durability needs: content and name are on the disk before the journal speaks of them, and the core is
    /// told last.
    public var steps: [ArchiveStep] {
        switch self {
        case .openPartial(let upload, let images, let clamped, let samples):
            [.create(upload: upload, images: images, clamped: clamped, samples: samples)]
        case .storeChunk(let upload, let index, let patches, let bytes):
            [
                .write(upload: upload, patches: patches, bytes: bytes),
                .report(.chunkStored(upload: upload, index: index)),
            ]
        case .dropPartial(let upload): [.close(upload: upload), .removeWritten(upload: upload)]
        case .commitPartial(let upload, let shards, let role, let failures, let contents, let written, let audit):
            // What a worker wrote itself it has synced and named: from here a cache on another machine is out of reach.
            (written.map { [.adopt(upload: upload, $0)] }
                ?? [.sync(upload: upload), .name(upload: upload), .syncPartialNames(upload: upload)]) + [
                    // Once it is named in the journal, and added to others, nobody could say any more whose fault it is that there is no model.
                    .examine(upload: upload, fingerprint: audit?.fingerprint),
                    .commit(
                        upload: upload, shards: shards, role: role, failures: failures, contents: contents,
                        audit: audit),
                    .close(upload: upload), .report(.partialCommitted(upload: upload)),
                ]
        case .addUpPartials(let upload, let expectsMore):
            // Killed half-way, it has changed nothing.
            [.addUp(after: upload, expectsMore: expectsMore), .syncSum, .syncNameOfSum, .replaceAdded, .deleteAdded]
        case .storeArtifact(let place, let lease, let bytes):
            (place.map { [.store(place: $0, lease: lease, bytes: bytes)] } ?? []) + [.report(.artifactStored)]
        case .dropArtifacts(let shard, let lease, let order):
            [.dropArtifacts(shard: shard, lease: lease, order: order)]
        case .commitResults(let shard, let role, let outcomes, let order, let artifacts, let payload, let maker):
            // Killed half-way, it has named some: the shard does not count, and who does it again has others take their place.
            Self.naming(artifacts, ofShard: shard, order, by: maker?.worker) + [
                .commitResults(
                    shard: shard, role: role, outcomes: outcomes, order: order, payload: payload, maker: maker),
                .report(.resultsCommitted(shard: shard)),
            ]
        case .commitContents(let shard, let role, let failures, let contents):
            [
                .commitContents(shard: shard, role: role, failures: failures, contents: contents),
                .report(.resultsCommitted(shard: shard)),
            ]
        case .placeRange(let shard, let patches, let bytes):
            [.placeRange(shard: shard, patches: patches, bytes: bytes), .report(.resultsCommitted(shard: shard))]
        case .split(let shard, let halves): [.split(shard: shard, into: halves)]
        case .recordPoison(let image, let shard, let stage):
            [.recordPoison(image: image, shard: shard, stage: stage), .report(.resultsCommitted(shard: shard))]
        case .recordDeaths(let shards): [.recordDeaths(shards: shards)]
        case .recordInFlight(let shards): [.recordInFlight(shards: shards), .report(.recordedInFlight(shards: shards))]
        }
    }

    /// Workers have synced the content of what they wrote: from here a cache on another machine is out of reach.
    private static func naming(
        _ artifacts: WaitingArtifacts?, ofShard shard: ShardID, _ order: InspectionOrder?, by worker: String?
    ) -> [ArchiveStep] {
        guard let artifacts, let order else { return [] }
        return [
            .look(shard: shard, order: order, artifacts, worker: worker),
            .nameArtifacts(shard: shard, order: order, artifacts),
            .syncArtifacts,
        ]
    }
}

/// One thing that the disk does at a time. Between two the power may fail.
public enum ArchiveStep: Sendable {
    case create(upload: UploadID, images: Int64, clamped: Int64, samples: Int64?)
    case write(upload: UploadID, patches: Range<Int>, bytes: [UInt8])
    case sync(upload: UploadID)
    case name(upload: UploadID)
    case syncPartialNames(upload: UploadID)
    /// Looks whether the file is there that a worker says it wrote.
    case adopt(upload: UploadID, WrittenSums)
    /// Looks whether images can have the sums, and with an audit whether these have the fingerprint that they should.
    case examine(upload: UploadID, fingerprint: Fingerprint?)
    case commit(
        upload: UploadID, shards: [ShardID], role: ImageRole, failures: [ImageFailure],
        contents: [ImageID: ContentDigest], audit: PartialAudit?)
    case close(upload: UploadID)
    /// Removes the file that a worker may have written of sums that will not come.
    case removeWritten(upload: UploadID)

    case addUp(after: UploadID, expectsMore: Bool)
    case syncSum
    case syncNameOfSum
    case replaceAdded
    case deleteAdded

    case store(place: String, lease: LeaseID, bytes: [UInt8])
    case dropArtifacts(shard: ShardID, lease: LeaseID, order: InspectionOrder)
    /// Looks whether the artifacts are there that belong to the results of a shard, which that worker reported.
    case look(shard: ShardID, order: InspectionOrder, WaitingArtifacts, worker: String?)
    case nameArtifacts(shard: ShardID, order: InspectionOrder, WaitingArtifacts)
    case syncArtifacts
    case commitResults(
        shard: ShardID, role: ImageRole, outcomes: [ImageOutcome], order: InspectionOrder?, payload: [UInt8],
        maker: ResultMaker?)
    case commitContents(
        shard: ShardID, role: ImageRole, failures: [ImageFailure], contents: [ImageID: ContentDigest])

    case placeRange(shard: ShardID, patches: Range<Int>, bytes: [UInt8])
    case split(shard: ShardID, into: [ShardRange])
    case recordPoison(image: ImageID, shard: ShardID, stage: JobStage)
    case recordDeaths(shards: [ShardID])
    case recordInFlight(shards: [ShardID])
    /// The core is told.
    case report(CoordinatorEvent)
}

extension ArchiveStep {
    /// Whether nothing outside of the journal, such as the deletion of a file, relies on the transaction that it is in. Orders of such steps
    /// may share one; what they report is told after it, and artifacts that they name are synced before it ends.
    public var mayShareTransaction: Bool {
        switch self {
        case .look, .nameArtifacts, .syncArtifacts, .commitResults, .commitContents, .recordDeaths, .recordInFlight,
            .report:
            true
        default: false
        }
    }
}
