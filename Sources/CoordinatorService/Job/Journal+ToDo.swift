import Cluster
import Journal

extension Journal {
    /// What is left to do of a role's images; nil if nothing is.
    /// - Parameter endless: whether the work goes on however many of them cannot be used.
    /// - Throws: `JobError` where more of them are known to be unusable than the job allows.
    func toDo(
        _ role: ImageRole, _ cluster: ClusterOptions, endless: Bool = false, mapBounds: MapBounds? = nil
    ) throws -> ShardsToDo? {
        let counts = try counts(role)
        let mostFailures = endless ? Int.max : cluster.mostFailures(of: counts.total)
        guard counts.failed <= mostFailures else {
            throw JobError.tooManyFailures(counts.failed, most: mostFailures)
        }
        let open = try shards(role).filter { !$0.isCommitted }
        guard !open.isEmpty else { return nil }
        return ShardsToDo(
            shards: open.map(ShardRange.init), lastShard: try lastShard(),
            failures: counts.failed, mostFailures: mostFailures, deaths: open.deaths, mapBounds: mapBounds)
    }
}

extension ClusterOptions {
    /// So many of the images may be unusable.
    func mostFailures(of images: Int) -> Int { Int(Double(images) * maxBadPercent / 100) }
}

extension ShardRange {
    init(_ record: ShardRecord) { self.init(id: record.id, first: record.firstImage, count: record.images) }
}

extension [ShardRecord] {
    /// How often workers or coordinators ended with a shard in hand, where they did.
    var deaths: [Int64: Int] {
        Dictionary(filter { $0.attempts > 0 }.map { ($0.id, $0.attempts) }, uniquingKeysWith: { first, _ in first })
    }
}
