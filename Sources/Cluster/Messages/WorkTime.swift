/// How a worker's compute threads spent a stage: from its first shard on, the sum over the threads.
public struct WorkTime: Codable, Equatable, Sendable {
    /// Without anything to compute: for images, for shards, for a thread that was slower.
    public let waitingMilliseconds: Int64
    public let totalMilliseconds: Int64

    public init(waitingMilliseconds: Int64, totalMilliseconds: Int64) {
        (self.waitingMilliseconds, self.totalMilliseconds) = (waitingMilliseconds, totalMilliseconds)
    }

    /// Below a century of threads; so a sum over all workers is no risk.
    var isSound: Bool {
        waitingMilliseconds >= 0 && waitingMilliseconds <= totalMilliseconds && totalMilliseconds < 1 << 42
    }
}
