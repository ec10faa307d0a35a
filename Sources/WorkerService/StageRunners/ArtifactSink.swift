import Cluster
import Foundation
import ObjectStores
import Storage

/// Puts maps and overlays where they belong: into the job's directory if this worker sees it and may write there, under names that they have
/// until the coordinator gives them theirs; else into the coordinator's hands; and copies into a bucket, if the order names one.
package final class ArtifactSink: Sendable {
    private let order: InspectionOrder
    /// The job's directory, where this worker sees it.
    private let directory: FileSystemOf?
    private let bucket: ArtifactCopies?

    /// - Throws: `ObjectAddressError`, `ObjectSettingsError` where the bucket cannot be asked.
    /// - Parameter client: who asks for the bucket.
    package init(order: InspectionOrder, client: () throws -> ObjectClient = ObjectClient.standard) throws {
        self.order = order
        bucket = try order.settings.artifacts.map { ArtifactCopies(to: try ObjectAddress($0), by: try client()) }
        let sees = order.folder.goesOn && access(order.directory, W_OK) == 0 && order.folder.mayRenameOurs
        directory = sees ? try? FileSystemOf(folder: order.directory) : nil
    }

    /// Waits until the artifacts written so far are on the disk, and until the bucket has its copies. They may lie in this machine's
    /// cache, which the coordinator's machine cannot reach: a result counts for ever once it is reported.
    /// - Parameter hasWritten: whether any was written into the job's directory.
    package func sync(hasWritten: Bool) throws {
        try bucket?.settle()
        if hasWritten { try directory?.sync() }
    }

    /// - Parameter lease: under which the image was dealt.
    /// - Returns: whether the artifact was sent and not written.
    package func put(
        _ kind: Artifact, _ bytes: [UInt8], of task: ImageTask, under lease: LeaseID, send: SendArtifact
    ) throws -> Bool {
        if let bucket, let place = try place(of: kind, task) { try bucket.put(bytes, at: place) }
        guard directory != nil else {
            try send(task.id, kind, bytes)
            return true
        }
        guard let place = try place(of: kind, task) else { return false }
        let path = order.directory + "/" + JobLayout.waiting(place, under: lease)
        try Folder.create(Folder.parent(of: path))
        try WaitingFile.write(bytes, to: path) {
            // A worker that stood still may come back to a job that is over: nobody would remove what it leaves there.
            guard order.folder.goesOn else {
                throw StageError("the job in \(order.directory) is over, or was started anew")
            }
        }
        return false
    }

    /// Relative to the job's directory and to the bucket's prefix; nil where no such artifact is asked for.
    private func place(of kind: Artifact, _ task: ImageTask) throws -> String? {
        guard let place = order.path(of: kind, output: task.output) else { return nil }
        guard RelativePath.isContained(place) else {
            throw StageError("the coordinator wants a \(kind.rawValue) outside the job's directory, at '\(place)'")
        }
        return place
    }
}

extension SharedFolder {
    /// Whether the coordinator may rename what this process makes in the folder, and in folders that it makes there: it is of the owner of what
    /// the coordinator makes, who may do all with it, or the coordinator is the administrator.
    fileprivate var mayRenameOurs: Bool {
        var (theirs, ours) = (stat(), stat())
        let path = directory + "/" + probe
        guard stat(path, &theirs) == 0 else { return false }
        if theirs.st_uid == 0 { return true }
        // The server of a network file system may have it that all files have one owner, whoever makes them.
        do {
            let file = try DurableFile(path: path)
            return stat(file.temporary, &ours) == 0 && ours.st_uid == theirs.st_uid
        } catch {
            return false
        }
    }
}
