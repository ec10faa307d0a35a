import Cluster
import Gaussian
import PaDiM
import Storage

/// What a worker has set up for a stage.
protocol StageRunner: AnyObject {
    /// The sums it gathers, if the stage makes any.
    var sums: Statistics? { get }
    /// Writes them into the job's directory; nil where this worker does not see it.
    var sumsFile: SumsFile? { get }
    /// Knows how long its threads were there, and how much of that they waited.
    var clock: CrewClock? { get }

    /// Works on shards as they come, the next one beginning while the last is under way, until there are none.
    /// - Throws: what is not an image's fault. The shards without a report are then undone.
    func work(_ shards: WorkSource<DealtShard>) throws
}

/// A shard, as a stage runner gets it.
struct DealtShard: Sendable {
    let lease: LeaseID
    let images: [ImageTask]
    /// Nil where images are worked on.
    let patches: Range<Int>?
    /// Sends an artifact to the coordinator.
    let send: SendArtifact
    /// Takes the shard's outcome, once; threads may wait for it.
    let report: @Sendable (ShardReport) -> Void

    var locations: [ImageLocation] { images.map(\.location) }
    /// The masks of the images' own regions of interest; empty where none has one.
    var regions: [ImageLocation?] { images.contains { $0.region != nil } ? images.map(\.region) : [] }
}

package typealias SendArtifact = @Sendable (_ image: ImageID, _ kind: Artifact, _ bytes: [UInt8]) throws -> Void

extension StageRunner {
    var sums: Statistics? { nil }
    var sumsFile: SumsFile? { nil }
    var clock: CrewClock? { nil }
}

extension [UnusableImage] {
    /// The same failures by the images' numbers in the job.
    func named(in images: [ImageTask]) -> [ImageFailure] {
        map { ImageFailure(id: images[$0.index].id, reason: $0.reason) }
    }
}
