import Cluster
import Gaussian
import PaDiM

/// What a worker has set up for a stage.
protocol Bench: AnyObject {
    /// The sums it gathers, if the stage makes any.
    var sums: Statistics? { get }

    /// Works on the images of a shard.
    /// - Parameter send: sends a picture to the coordinator.
    /// - Throws: what is not an image's fault.
    func work(_ images: [ImageTask], send: @escaping SendPicture) throws -> ShardReport
}

typealias SendPicture = @Sendable (_ image: Int64, _ kind: Picture, _ bytes: [UInt8]) throws -> Void

extension Bench {
    var sums: Statistics? { nil }
}

extension [PaDiM.ImageFailure] {
    /// The same failures by the images' numbers in the job.
    func named(in images: [ImageTask]) -> [Cluster.ImageFailure] {
        map { Cluster.ImageFailure(id: images[$0.index].id, reason: $0.reason) }
    }
}
