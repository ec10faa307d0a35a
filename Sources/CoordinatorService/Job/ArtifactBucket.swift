import Foundation
import Journal
import ObjectStores
import Storage

/// The prefix of a bucket that gets copies of a job's results.
struct ArtifactBucket {
    private let prefix: ObjectAddress
    private let client: ObjectClient

    /// What people look at. Workers put maps and overlays.
    private static let tables = [
        JobLayout.results, JobLayout.report, JobLayout.legend, JobLayout.drift, JobLayout.driftMap,
        JobLayout.productTable,
    ]

    /// - Returns: nil where none is asked for.
    /// - Throws: `ObjectAddressError`, `ObjectSettingsError` where it cannot be asked.
    init?(_ prefix: String?) throws {
        guard let prefix else { return nil }
        self.prefix = try ObjectAddress(prefix)
        client = try ObjectClient.standard()
    }

    /// Writes an object and removes it, before work is done whose results could not be put there.
    /// - Throws: `ObjectStoreError` where the bucket does not take it.
    func requireWritable() throws {
        let object = try prefix.resolving(JobLayout.probe)
        try client.write(
            .bytes(Array("whether results can be written here\n".utf8)), to: object, contentType: "text/plain")
        // Whoever may write need not be allowed to remove.
        try? client.remove(object)
    }

    /// Puts a directory's tables and pages beside the maps and overlays.
    /// - Throws: `ObjectStoreError`, `StorageError`.
    func putTables(of directory: JobDirectory) throws {
        for name in Self.tables where FileManager.default.fileExists(atPath: directory.inside(name)) {
            try client.write(
                .file(directory.inside(name)), to: prefix.resolving(name), contentType: MediaType.named(name))
        }
        let folder = directory.inside(JobLayout.reportPages)
        for page in (try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()) ?? []
        where page.hasSuffix(".html") {
            try client.write(
                .file("\(folder)/\(page)"), to: prefix.resolving("\(JobLayout.reportPages)/\(page)"),
                contentType: MediaType.named(page))
        }
    }
}
