import GRDB
import Storage

/// What a journal refuses, and what to do about it.
public enum JournalError: EnvironmentalError, CustomStringConvertible, Equatable, Sendable {
    /// Another process owns the job.
    case locked(directory: String, holder: String)
    /// There is no job in the directory.
    case noJob(directory: String)
    /// The directory holds a job for each of several products.
    case jobsOfProducts(directory: String)
    /// The directory holds a job with other settings.
    case otherJob(directory: String, differences: [JobRecord.Difference])
    /// Written by a newer release, in a version of the format that this one does not know.
    case newerFormat(path: String, version: String)
    /// Not a journal, or a damaged one.
    case corrupt(path: String, reason: String)
    /// The fence: these shards' images count already.
    case alreadyCommitted(shards: [ShardID])
    /// The journal has no such shards.
    case unknownShards([ShardID])
    /// Partials that the journal does not hold (any more).
    case unknownPartials([PartialID])
    /// What was to be recorded does not add up with what is recorded.
    case inconsistent(String)
    /// The database could not be read or written.
    case failed(path: String, reason: String)

    public var description: String {
        switch self {
        case .locked(let directory, let holder):
            "the job in \(directory) is being run by \(holder); wait for it, stop it, or name another directory"
        case .noJob(let directory):
            "\(directory) holds no job: there is no job.sqlite in it"
        case .jobsOfProducts(let directory):
            """
            \(directory) holds a job for each product: name one of the directories in \(directory)/\(JobLayout.products), which \
            \(directory)/\(JobLayout.productTable) lists
            """
        case .otherJob(let directory, let differences):
            "\(directory) holds another job: \(differences.map(\.description).joined(separator: "; ")). Give the "
                + "command that began it to go on with it, or name another directory"
        case .newerFormat(let path, let version):
            "\(path) was written by a newer release: its format is version \(version), this one reads up to "
                + "\(Schema.newest); use the release that wrote it, or name another directory"
        case .corrupt(let path, let reason):
            "\(path) is not a sound journal (\(reason)); restore it from a copy, or name another directory"
        case .alreadyCommitted(let shards):
            "already committed: shards \(Self.list(shards))"
        case .unknownShards(let shards):
            "not in this journal: shards \(Self.list(shards))"
        case .unknownPartials(let partials):
            "not in this journal: partials \(Self.list(partials))"
        case .inconsistent(let reason):
            reason
        case .failed(let path, let reason):
            "cannot use \(path): \(reason)"
        }
    }

    /// Only a directory without a job, or with another one, is the command's fault.
    public var isEnvironmental: Bool {
        switch self {
        case .noJob, .jobsOfProducts, .otherJob: false
        default: true
        }
    }

    private static func list<Thing>(_ ids: [Identifier<Thing>]) -> String {
        ids.prefix(10).map(\.description).joined(separator: ", ") + (ids.count > 10 ? ", ... (\(ids.count))" : "")
    }

    init(_ error: DatabaseError, path: String) {
        let said = error.message ?? error.resultCode.description
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self = .corrupt(path: path, reason: said)
        case .SQLITE_FULL:
            self = .failed(
                path: path, reason: "the disk is full; make room and start the job again, nothing committed is lost")
        case .SQLITE_READONLY where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK:
            self = .failed(path: path, reason: "its coordinator was cut off in mid-change; start the job again")
        default:
            self = .failed(path: path, reason: said)
        }
    }
}
