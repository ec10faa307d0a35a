import Foundation
import GRDB

/// The memory of a job: which images it has, which of them count, and what was found. One SQLite file in the job's
/// directory; every method that changes something is one transaction, on the disk when it returns.
///
/// A process may die between any two instructions: the journal reopens in the state after the last method that returned,
/// or that of the one under way.
public final class Journal: Sendable {
    public let directory: JobDirectory
    public let job: JobRecord
    private let database: any DatabaseWriter
    // Held as long as the journal is open for writing.
    private let lock: JobLock?
    private let shared = SharedTransaction()

    private init(_ directory: JobDirectory, _ job: JobRecord, _ database: any DatabaseWriter, _ lock: JobLock?) {
        (self.directory, self.job, self.database, self.lock) = (directory, job, database, lock)
    }

    /// Opens a job's journal and takes the job for this process; creates the directory and the journal if they are not there.
    /// - Throws: ``JournalError``: the job is locked; it is another job; its format is newer; the file is damaged.
    /// - Parameters:
    ///   - job: what the job is. It is asked for once, when the file was found to be sound.
    ///   - translate: what the record of a job that an earlier release began is in this release.
    public static func open(
        _ directory: JobDirectory, job: @autoclosure () throws -> JobRecord,
        translate: (JobRecord) -> JobRecord = { $0 }
    ) throws -> Journal {
        try directory.create()
        let lock = try JobLock(directory)
        let path = directory.database
        return try translatingErrors(path) {
            let existed = FileManager.default.fileExists(atPath: path)
            // Looked at before anything may be written: opening a pool already changes the file.
            if existed { try inspect(path) }
            let database = try DatabasePool(path: path, configuration: configuration(readOnly: false))
            // GRDB sets NORMAL with WAL, which may lose the last commits in a power cut. Of a new journal there is nothing to lose yet, and the
            // first commit that is waited for takes all before it to the disk.
            let waitForDisk = {
                try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            }
            if existed { try waitForDisk() }
            try Schema.migrator.migrate(database)
            let job = try job()
            let stored = try database.write { try adopt(job, $0) }
            if !existed { try waitForDisk() }
            let differences = translate(stored).differences(from: job)
            guard differences.isEmpty else {
                throw JournalError.otherJob(directory: directory.path, differences: differences)
            }
            return Journal(directory, stored, database, lock)
        }
    }

    /// Opens a job's journal to look at it, while its coordinator runs or later. Nothing can be changed, and a journal of an earlier
    /// version stays of that version.
    public static func read(_ directory: JobDirectory) throws -> Journal {
        let path = directory.database
        guard FileManager.default.fileExists(atPath: path) else {
            let isOfProducts = FileManager.default.fileExists(atPath: directory.productTable)
            throw isOfProducts
                ? JournalError.jobsOfProducts(directory: directory.path)
                : JournalError.noJob(directory: directory.path)
        }
        return try translatingErrors(path) {
            let database = try DatabaseQueue(path: path, configuration: configuration(readOnly: true))
            let job: JobRecord? = try database.read { database in
                try refuseForeign(database, path)
                // A coordinator that died at once leaves a file without tables.
                guard try !Schema.migrator.appliedIdentifiers(database).isEmpty else { return nil }
                try Schema.showAsNewest(database)
                return try storedJob(database)
            }
            guard let job else { throw JournalError.noJob(directory: directory.path) }
            return Journal(directory, job, database, nil)
        }
    }

    /// Ends the use of the journal: brings everything into the one file job.sqlite, which may then be copied alone, also to where
    /// nothing can be written, and lets the job go. Without it nothing is lost; the next to open the job finds its log beside it.
    public func close() throws {
        try Self.translatingErrors(directory.database) {
            // The pool's readers are closed last, and may not do it.
            if lock != nil { try database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) } }
            try database.close()
        }
        if lock != nil { Self.leaveLog(directory.database) }
        lock?.release()
    }

    /// A database that is to have a log cannot even be read where none can be made. Somebody who reads it now keeps it as it is.
    private static func leaveLog(_ path: String) {
        guard let database = try? DatabaseQueue(path: path) else { return }
        _ = try? database.writeWithoutTransaction { try String.fetchOne($0, sql: "PRAGMA journal_mode = DELETE") }
        try? database.close()
    }

    /// Has several changes become durable as one: the disk is waited for once, when `body` has ended. What `body` calls sees the changes
    /// before it; others see all of them or none. A method that refuses something undoes its own changes and no others.
    /// - Throws: what `body` throws, or why the disk does not take the changes; none of them is made then.
    public func together<Result>(_ body: () throws -> Result) throws -> Result {
        try Self.translatingErrors(directory.database) {
            try database.write { database in
                shared.begin(database)
                defer { shared.end() }
                return try body()
            }
        }
    }

    func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try Self.translatingErrors(directory.database) {
            guard let open = shared.ofThisThread else { return try database.write(body) }
            var result: Result?
            try open.inSavepoint {
                result = try body(open)
                return .commit
            }
            guard let result else { throw JournalError.inconsistent("a change of the journal ended without a result") }
            return result
        }
    }

    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try Self.translatingErrors(directory.database) {
            if let open = shared.ofThisThread { return try body(open) }
            return try database.read(body)
        }
    }

    private static func configuration(readOnly: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.busyMode = .timeout(30)
        configuration.label = "journal"
        return configuration
    }

    /// Refuses a file that is damaged, no journal, or too new, without changing it.
    private static func inspect(_ path: String) throws {
        // A file of no bytes is what a crash leaves right after creation; it is a journal yet to be filled.
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        if size == 0 { return }
        // Until it keeps a log, a new journal has a rollback file at times. What is left of one by a kill must be rolled back
        // before anything can be read, and only a writer may; it is what any program does that opens the file.
        let isCutOff = FileManager.default.fileExists(atPath: path + "-journal")
        let database = try DatabaseQueue(path: path, configuration: configuration(readOnly: !isCutOff))
        defer { try? database.close() }
        try database.read { database in
            try refuseForeign(database, path)
            let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "no answer"
            guard verdict == "ok" else { throw JournalError.corrupt(path: path, reason: verdict) }
        }
    }

    private static func refuseForeign(_ database: Database, _ path: String) throws {
        // A new journal has at first no table, then GRDB's own, then, in one transaction, its tables and its mark.
        let own = "SELECT count(*) FROM sqlite_schema WHERE tbl_name NOT GLOB 'grdb_*'"
        if try Int.fetchOne(database, sql: own) == 0 { return }
        guard try Int.fetchOne(database, sql: "PRAGMA application_id") == Schema.applicationID else {
            throw JournalError.corrupt(path: path, reason: "another program's database")
        }
        let applied = try Set(String.fetchAll(database, sql: "SELECT identifier FROM grdb_migrations"))
        let unknown = applied.subtracting(Schema.migrator.migrations)
        if let version = unknown.max(by: { $0.compare($1, options: .numeric) == .orderedAscending }) {
            throw JournalError.newerFormat(path: path, version: String(version.prefix(40)))
        }
    }

    static func translatingErrors<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw JournalError(error, path: path)
        } catch let error as RowDecodingError {
            throw JournalError.corrupt(path: path, reason: "\(error)")
        }
    }
}
