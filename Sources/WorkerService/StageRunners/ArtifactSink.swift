import Cluster
import Foundation
import Storage

/// Puts maps and overlays where they belong: into the job's directory if this worker sees it and may write there, else into the coordinator's
/// hands.
package final class ArtifactSink: Sendable {
    private let order: InspectionOrder
    /// The job's directory, where this worker sees it.
    private let directory: FileSystemOf?

    package init(order: InspectionOrder) {
        self.order = order
        let sees = Self.jobGoesOn(order) && access(order.directory, W_OK) == 0
        directory = sees ? try? FileSystemOf(folder: order.directory) : nil
    }

    /// Waits until the artifacts written so far are on the disk. They may lie in this machine's cache, which the coordinator's machine
    /// cannot reach: a result counts for ever once it is reported.
    package func sync() throws { try directory?.sync() }

    /// - Returns: whether the artifact was sent and not written.
    package func put(_ kind: Artifact, _ bytes: [UInt8], of task: ImageTask, send: SendArtifact) throws -> Bool {
        guard directory != nil else {
            try send(task.id, kind, bytes)
            return true
        }
        guard let place = order.path(of: kind, output: task.output) else { return false }
        guard RelativePath.isContained(place) else {
            throw StageError("the coordinator wants a \(kind.rawValue) outside the job's directory, at '\(place)'")
        }
        let path = order.directory + "/" + place
        try Folder.create(Folder.parent(of: path))
        try DurableFile.publish(bytes, to: path) {
            // A worker that stood still may come back long after others did its work, to a job that is over: its images may be
            // others now, and the maps there are a result.
            guard Self.jobGoesOn(order) else {
                throw StageError("the job in \(order.directory) is over, or was started anew")
            }
        }
        return false
    }

    /// The coordinator takes the value away when no map is to be written any more, and puts another in its place when it starts anew.
    private static func jobGoesOn(_ order: InspectionOrder) -> Bool {
        (try? String(contentsOfFile: order.directory + "/" + order.probe, encoding: .utf8)) == order.probeValue
    }
}
