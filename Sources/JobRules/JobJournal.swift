import Journal
import Storage

/// What the rules of a job ask of its journal: `Journal`, or that of a simulation. A method that changes something is one transaction, on
/// the disk when it returns; what it refuses, or finds no space for, changes nothing. `Journal` describes each.
public protocol JobJournal: AnyObject {
    func value<Value>(_ key: JournalKey<Value>) throws -> Value?
    func set<Value>(_ key: JournalKey<Value>, to value: Value) throws
    func forget<Value>(_ key: JournalKey<Value>) throws

    func counts(_ role: ImageRole) throws -> ImageCounts
    func shards(_ role: ImageRole) throws -> [ShardRecord]
    func lastShard() throws -> ShardID
    func images(ofShard id: ShardID) throws -> [JobImage]
    func partials() throws -> [CommittedPartial]
    func partials(_ role: ImageRole) throws -> [CommittedPartial]

    @discardableResult
    func commit(
        partial: PartialRecord?, shards ids: [ShardID], role: ImageRole, failures: [ImageFailure],
        poison: [ImageFailure], contents: [ImageID: ContentDigest], fingerprints: [ShardID: Fingerprint]
    ) throws -> PartialID?
    func commitResults(
        shard id: ShardID, role: ImageRole, results: [ImageResult], payload: [UInt8]?, maker: ResultMaker?
    ) throws
    func commitContents(
        shard id: ShardID, role: ImageRole, failures: [ImageFailure], poison: [ImageFailure],
        contents: [ImageID: ContentDigest]
    ) throws
    func split(shard id: ShardID, into pieces: [(id: ShardID, firstImage: ImageID, images: Int)]) throws
    @discardableResult
    func replace(partials ids: [PartialID], with sum: PartialRecord) throws -> PartialID
    func discard(partial id: PartialID) throws
    func recordAudit(_ role: ImageRole, confirmed: [ShardID: String], wrong: [String: String]) throws -> [String]
    @discardableResult
    func beginExclusion(of places: [Int], shardSize: Int) throws -> Int
    func changedSinceFolded() throws -> [JobImage]
    func finishExclusion(_ rests: [(partials: [PartialID], rest: PartialRecord?)]) throws
    func removeExclusion() throws
    @discardableResult
    func reopenUnreadable(_ role: ImageRole) throws -> Int

    func beginEpoch() throws -> Int64
    func wasCutOff() throws -> Bool
    func recordEnd() throws
    func addAttempt(toShards ids: [ShardID]) throws
    func recordInFlight(_ ids: [ShardID]) throws
    @discardableResult
    func blameShardsInFlight() throws -> [ShardID]
}

extension Journal: JobJournal {}
