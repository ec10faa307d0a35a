import Foundation
import Journal
import Storage

/// Maps and overlays in a job's directory. Each is written under a temporary name, which has the number of the worker's lease, and is renamed
/// just before the results of its shard are committed. So a file that is written late, or by a worker that was refused, replaces no other.
struct ArtifactFiles {
    private let directory: JobDirectory
    private let fileSystem: FileSystemOf
    /// Folders that are there.
    private var present: Set<String> = []
    private var hasStored = false
    /// Folders in which artifacts got their names since the last sync.
    private var renamed: Set<String> = []

    /// Where names were given in more folders than these, the whole file system is synced.
    private static let mostFolders = 16

    /// - Throws: `StorageError` where the directory cannot be opened.
    init(_ directory: JobDirectory) throws {
        self.directory = directory
        fileSystem = try FileSystemOf(folder: directory.path)
    }

    func isThere(_ place: String, under lease: LeaseID, isWaitedFor: Bool) -> Bool {
        WrittenArtifact.isThere(waiting(place, lease), isWaitedFor: isWaitedFor)
    }

    /// Writes one that a worker sent, without a sync.
    mutating func store(_ bytes: [UInt8], at place: String, under lease: LeaseID) throws {
        let path = waiting(place, lease)
        let folder = Folder.parent(of: path)
        if present.insert(folder).inserted { try Folder.create(folder) }
        try WaitingFile.write(bytes, to: path)
        hasStored = true
    }

    /// - Throws: `StorageError` where it is not there, or something else than a file has the name.
    mutating func name(_ place: String, under lease: LeaseID) throws {
        let path = directory.inside(place)
        guard rename(waiting(place, lease), path) == 0 else { throw StorageError.fromErrno("rename to", path) }
        renamed.insert(Folder.parent(of: path))
    }

    func drop(_ place: String, under lease: LeaseID) { unlink(waiting(place, lease)) }

    /// Brings what was stored or named to the disk.
    mutating func sync() throws {
        if hasStored || renamed.count > Self.mostFolders {
            try fileSystem.sync()
        } else {
            for folder in renamed { try Folder.sync(folder) }
        }
        (hasStored, renamed) = (false, [])
    }

    private func waiting(_ place: String, _ lease: LeaseID) -> String {
        directory.inside(JobLayout.waiting(place, under: lease))
    }
}
