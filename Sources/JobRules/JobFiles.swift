import Cluster
import Journal
import Storage

/// What the rules of a job ask of the files in its directory: real ones, or those of a simulation, where a power cut tears what was not
/// synced. Methods that write return before the disk has it; those that sync return when it has.
public protocol JobFiles: AnyObject {
    // MARK: Partials under way, by the number of their upload

    /// Begins a file of sums under a temporary name.
    /// - Parameters:
    ///   - images: more than none.
    ///   - samples: that the images gave, at least one each.
    func createPartial(_ upload: UploadID, images: Int64, samples: Int64, clamped: Int64) throws
    /// Writes the records of some patches.
    /// - Throws: `ImpossibleSums` where that many images cannot have such sums.
    func write(_ bytes: [UInt8], patches: Range<Int>, toPartial upload: UploadID) throws
    /// Syncs the content.
    func syncPartial(_ upload: UploadID) throws
    /// Gives the file its name, which is not durable before `syncPartialNames`.
    func namePartial(_ upload: UploadID) throws -> PartialRecord
    /// Ends the use of an upload's file; one without a name is gone then.
    func closePartial(_ upload: UploadID)

    /// Looks at the file that a worker says it wrote, durably, under the name that an upload's file has.
    /// - Throws: `NotAsWritten` where it is not there, or is not what the worker says.
    func adoptPartial(_ upload: UploadID, _ written: WrittenSums) throws -> PartialRecord
    /// Removes the file that a worker may have written for an upload, if it is there. One that comes later is removed at the next start,
    /// because the journal does not name it.
    func removeWritten(_ upload: UploadID)

    // MARK: Partials with names

    func syncPartialNames() throws
    /// Why the sums in a file cannot be those of images, in words; nil where they can.
    /// - Parameter fingerprint: that of the sums, by what their worker says of the images; nil where there is no audit.
    /// - Throws: `NotAsWritten` where the file is damaged.
    func faultOfSums(inPartial file: String, fingerprint: Fingerprint?) throws -> String?
    /// What is the matter with a committed partial's file, in words; nil where it is the one that was committed.
    func damage(of partial: PartialRecord) -> String?
    /// Writes the exact sum of some partials to a new file, without a sync.
    func addUp(_ partials: [PartialRecord], into file: String) throws -> PartialRecord
    /// Writes the exact difference of some partials and others to a new file, without a sync.
    /// - Returns: nil where no image remains, and no file is written.
    func subtract(_ part: [PartialRecord], from whole: [PartialRecord], into file: String) throws -> PartialRecord?
    func syncContent(ofPartial file: String) throws
    /// Deletes files. One that cannot be deleted now is removed at the next start, because the journal does not name it.
    func deletePartials(_ files: [String])

    // MARK: The merge under way

    /// Writes what a worker has sent of a range of patches: what it does not write itself.
    /// - Throws: `NotAsWritten` where that is not what belongs to these patches.
    func placeRange(_ patches: Range<Int>, _ bytes: [UInt8]) throws

    // MARK: Artifacts, by their place in the job's directory. Until they are named they wait there under the name that their lease gives.

    /// Whether an artifact waits to be named.
    /// - Parameter isWaitedFor: whether to look again for a second or so: a network file system may tell late of a file.
    func hasArtifact(_ place: String, under lease: LeaseID, isWaitedFor: Bool) -> Bool
    /// Writes an artifact that waits, without a sync.
    func storeArtifact(_ bytes: [UInt8], at place: String, under lease: LeaseID) throws
    /// Gives an artifact that waits its name, without a sync. What has the name is replaced.
    func nameArtifact(_ place: String, under lease: LeaseID) throws
    /// Removes an artifact that waits, if it is there.
    func dropArtifact(_ place: String, under lease: LeaseID)
    /// Syncs all artifacts that this machine stored or named.
    func syncArtifacts() throws
}

/// Sums that no images give: the worker that computed them is not to be trusted.
public struct ImpossibleSums: Error, Sendable {
    public let reason: String

    public init(_ reason: String) { self.reason = reason }
}

/// A worker's file of sums is not there, or is not what the worker says.
public struct NotAsWritten: Error, CustomStringConvertible, Sendable {
    /// Goes on after "it says that it wrote its sums, and".
    public let description: String

    public init(_ description: String) { self.description = description }
}
