import Cluster
import Foundation
import Storage

/// Puts maps and overlays where they belong: into the job's directory if this worker sees it and may write there, else into the coordinator's
/// hands.
package final class PictureDesk: Sendable {
    private let order: InspectionOrder
    private let seesDirectory: Bool

    package init(order: InspectionOrder) {
        self.order = order
        let probe = try? String(contentsOfFile: order.directory + "/" + order.probe, encoding: .utf8)
        seesDirectory = probe == order.probeValue && access(order.directory, W_OK) == 0
    }

    /// - Returns: whether the picture was sent and not written.
    package func put(_ kind: Picture, _ bytes: [UInt8], of task: ImageTask, send: SendPicture) throws -> Bool {
        guard seesDirectory else {
            try send(task.id, kind, bytes)
            return true
        }
        guard let place = order.path(of: kind, output: task.output) else { return false }
        guard RelativePath.isContained(place) else {
            throw LabourError("the coordinator wants a \(kind.rawValue) outside the job's directory, at '\(place)'")
        }
        let path = order.directory + "/" + place
        try Folder.create(Folder.parent(of: path))
        try DurableFile.publish(bytes, to: path)
        return false
    }
}
