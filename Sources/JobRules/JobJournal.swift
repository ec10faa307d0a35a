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
    func lastShard() throws -> Int64
    func images(ofShard id: Int64) throws -> [JobImage]
    func partials() throws -> [CommittedPartial]

    @discardableResult
    func commit(
        partial: PartialRecord?, shards ids: [Int64], role: ImageRole, failures: [FailureRecord],
        contents: [Int64: ContentDigest]
    ) throws -> Int64?
    func commitResults(shard id: Int64, role: ImageRole, results: [ImageResult], payload: [UInt8]?) throws
    func split(shard id: Int64, into pieces: [(id: Int64, firstImage: Int64, images: Int)]) throws
    @discardableResult
    func replace(partials ids: [Int64], with sum: PartialRecord) throws -> Int64
    func discard(partial id: Int64) throws
    @discardableResult
    func reopenUnreadable(_ role: ImageRole) throws -> Int

    func beginEpoch() throws -> Int64
    func wasCutOff() throws -> Bool
    func recordEnd() throws
    func addAttempt(toShards ids: [Int64]) throws
    func recordInHand(_ ids: [Int64]) throws
    @discardableResult
    func blameShardsInHand() throws -> [Int64]
}

extension Journal: JobJournal {}
