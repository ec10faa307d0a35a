import Cluster
import Journal
import Storage

/// What the disk is asked to do, as one: an upload's file, a shard's results, or the note which shards workers have.
public enum ArchiveOrder: Sendable {
    case openPartial(upload: Int64, images: Int64, clamped: Int64)
    case storeChunk(upload: Int64, index: Int, patches: Range<Int>, bytes: [UInt8])
    case dropPartial(upload: Int64)
    case commitPartial(
        upload: Int64, shards: [Int64], role: ImageRole, failures: [ImageFailure], contents: [Int64: ContentDigest])
    /// Puts the sum of the job's partials in their place, if there are many.
    case addUpPartials(after: Int64)
    /// - place: in the job's directory; nil for an artifact that was not asked for: it is only reported, because it was counted.
    case storeArtifact(place: String?, bytes: [UInt8])
    /// - order: nil where nothing is written for images beside their scores.
    /// - payload: what the shard gave as a whole; empty: nothing.
    case commitResults(
        shard: Int64, role: ImageRole, outcomes: [ImageOutcome], order: InspectionOrder?, inPlace: [ArtifactOfImage],
        payload: [UInt8] = [])
    case split(shard: Int64, into: [ShardRange])
    case recordPoison(image: Int64, shard: Int64, stage: JobStage)
    case recordDeaths(shards: [Int64])
    case recordInHand(shards: [Int64])

    /// Its steps, in the order that durability needs: content and name are on the disk before the journal speaks of them, and the core is
    /// told last.
    public var steps: [ArchiveStep] {
        switch self {
        case .openPartial(let upload, let images, let clamped):
            [.create(upload: upload, images: images, clamped: clamped)]
        case .storeChunk(let upload, let index, let patches, let bytes):
            [
                .write(upload: upload, patches: patches, bytes: bytes),
                .report(.chunkStored(upload: upload, index: index)),
            ]
        case .dropPartial(let upload): [.close(upload: upload)]
        case .commitPartial(let upload, let shards, let role, let failures, let contents):
            [
                .sync(upload: upload), .name(upload: upload), .syncPartialNames(upload: upload),
                // Once it is named in the journal, and added to others, nobody could say any more whose fault it is that there is no model.
                .examine(upload: upload),
                .commit(upload: upload, shards: shards, role: role, failures: failures, contents: contents),
                .close(upload: upload), .report(.partialCommitted(upload: upload)),
            ]
        case .addUpPartials(let upload):
            // Killed half-way, it has changed nothing.
            [.addUp(after: upload), .syncSum, .syncNameOfSum, .replaceAdded, .deleteAdded]
        case .storeArtifact(let place, let bytes):
            (place.map { [.publish(place: $0, bytes: bytes)] } ?? []) + [.report(.artifactStored)]
        case .commitResults(let shard, let role, let outcomes, let order, let inPlace, let payload):
            (order.map { [.look(shard: shard, order: $0, inPlace: inPlace), .syncPictures] } ?? []) + [
                .commitResults(shard: shard, role: role, outcomes: outcomes, order: order, payload: payload),
                .report(.resultsCommitted(shard: shard)),
            ]
        case .split(let shard, let halves): [.split(shard: shard, into: halves)]
        case .recordPoison(let image, let shard, let stage):
            [.recordPoison(image: image, shard: shard, stage: stage), .report(.resultsCommitted(shard: shard))]
        case .recordDeaths(let shards): [.recordDeaths(shards: shards)]
        case .recordInHand(let shards): [.recordInHand(shards: shards), .report(.recordedInHand(shards: shards))]
        }
    }
}

/// One thing that the disk does at a time. Between two the power may fail.
public enum ArchiveStep: Sendable {
    case create(upload: Int64, images: Int64, clamped: Int64)
    case write(upload: Int64, patches: Range<Int>, bytes: [UInt8])
    case sync(upload: Int64)
    case name(upload: Int64)
    case syncPartialNames(upload: Int64)
    case examine(upload: Int64)
    case commit(
        upload: Int64, shards: [Int64], role: ImageRole, failures: [ImageFailure], contents: [Int64: ContentDigest])
    case close(upload: Int64)

    case addUp(after: Int64)
    case syncSum
    case syncNameOfSum
    case replaceAdded
    case deleteAdded

    case publish(place: String, bytes: [UInt8])
    case look(shard: Int64, order: InspectionOrder, inPlace: [ArtifactOfImage])
    case syncPictures
    case commitResults(
        shard: Int64, role: ImageRole, outcomes: [ImageOutcome], order: InspectionOrder?, payload: [UInt8])

    case split(shard: Int64, into: [ShardRange])
    case recordPoison(image: Int64, shard: Int64, stage: JobStage)
    case recordDeaths(shards: [Int64])
    case recordInHand(shards: [Int64])
    /// The core is told.
    case report(CoordinatorEvent)
}
