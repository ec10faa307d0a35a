import Foundation
import ImageLists
import Inspection
import JobPlanning
import Journal
import LiveStatus
import Logging
import Settings
import Storage
import Terminal

/// A job for each product that the lists name, one after the other and with the same workers. Each has a directory of its own below the
/// request's. One that fails does not stop the others.
struct ProductRunner {
    private let request: JobRequest
    private let products: ProductsRequest
    private let cache: CacheDirectory
    private var logger: Logger
    private let directory: JobDirectory
    private let monitor: JobMonitor?

    init(
        _ request: JobRequest, _ products: ProductsRequest, cache: CacheDirectory, monitor: JobMonitor?, logger: Logger
    ) {
        self.monitor = monitor
        (self.request, self.products, self.cache, self.logger) = (request, products, cache, logger)
        directory = JobDirectory(request.directory)
    }

    func run(announce: @escaping @Sendable (String) -> Void) async throws {
        guard !FileManager.default.fileExists(atPath: directory.database) else {
            throw JobError.wrongRequest("\(directory.path) holds a job of another kind: name another directory")
        }
        if let models = products.models, !FileManager.default.fileExists(atPath: models) {
            throw JobError.wrongRequest("--models \(models) is not there")
        }
        var table = ProductTable(directory, try groups())
        try directory.create()
        let lock = try JobLock(directory)
        defer { withExtendedLifetime(lock) {} }
        try table.write()
        try request.writeRepetition()
        let failures = try await work(&table, announce)
        if request.inspect != nil {
            var silent = self
            silent.logger.logLevel = .error
            try ProductResults.export(try silent.readList(), table.rows, to: directory)
            try ArtifactBucket(request.inspect?.settings.artifacts)?.putTables(of: directory)
            announce("results of all in \(directory.results), report in \(directory.report)")
        }
        announce(
            "\(table.rows.count { $0.status == .done }) of \(table.rows.count) products done: \(directory.productTable)"
        )
        if let failures { throw failures }
    }

    /// - Returns: the error with which the command ends; nil where all products are done.
    private func work(
        _ table: inout ProductTable, _ announce: @escaping @Sendable (String) -> Void
    ) async throws -> (any Error)? {
        let series = JobSeries(announce: announce)
        var failures: [any Error] = []
        for place in table.rows.indices where !series.isStopped {
            let row = table.rows[place]
            logger.notice("product \(place + 1) of \(table.rows.count): \(row.group.shown), \(row.group.images) images")
            monitor?.begin(JobStatus.Product(place: place + 1, count: table.rows.count, name: row.group.shown))
            do {
                try await JobRunner(try request(for: row), cache: cache, logger: logger).run(
                    in: series, monitor: monitor
                ) {
                    announce("\(row.group.shown): \($0)")
                }
                table.rows[place].end(.done)
            } catch JobError.stopped {
                break
            } catch {
                logger.error("\(row.group.shown): \(error)")
                failures.append(error)
                table.rows[place].end(.failed, reason: "\(error)")
            }
            try table.write()
        }
        await series.finish()
        if series.isStopped { return JobError.stopped }
        // If every product fails, the cause is the command or the machine: the first error says it.
        if let first = failures.first, failures.count == table.rows.count { return first }
        guard !failures.isEmpty else { return nil }
        let names = table.rows.filter { $0.status == .failed }.prefix(8).map(\.group.shown).joined(separator: ", ")
        return JobError.failed(
            """
            \(failures.count) of \(table.rows.count) products failed: \(names). The others are done; the reasons are above and in \
            \(directory.productTable), and the same command tries these again
            """)
    }

    // MARK: What there is

    /// All images of all products.
    private func readList() throws -> ImageList {
        let reader = ListReader(job: directory.path, logger: logger)
        if let fit = request.fit {
            return try reader.read(fit.images, split: fit.split, role: JobPlan.Fit.role, groupedBy: products.column)
        }
        guard let inspect = request.inspect else { throw JobError.wrongRequest("there is nothing to do") }
        return try reader.read(
            inspect.images, split: inspect.split, role: JobPlan.Inspect.role, groupedBy: products.column)
    }

    private func groups() throws -> [ImageGroup] {
        try readingCommand {
            try readList().groups(by: products.column)
        }
    }

    /// The request for a product's own job.
    private func request(for row: ProductRow) throws -> JobRequest {
        let group = ListGroup(column: products.column, name: row.group.name)
        var own = request
        own.products = nil
        own.repetition = nil
        own.directory = row.directory.path
        own.fit?.group = group
        own.inspect?.group = group
        // As in the directories.
        if let artifacts = request.inspect?.settings.artifacts {
            let folder = row.directory.path.dropFirst(directory.path.count).drop { $0 == "/" }
            own.inspect?.settings.artifacts = artifacts + folder + "/"
        }
        if own.inspect != nil { own.inspect?.model = try model(of: row) }
        return own
    }

    /// Where a product's model is.
    private func model(of row: ProductRow) throws -> String {
        guard let models = products.models else { return try row.group.path() }
        let fitted = JobDirectory(models).product(row.group.name).model
        if FileManager.default.fileExists(atPath: fitted) { return fitted }
        // A folder of models that no fit made has them under their plain names.
        let isOneName =
            !row.group.name.utf8.contains(UInt8(ascii: "/")) && row.group.name != ".." && row.group.name != "."
        let plain = isOneName ? JobDirectory(JobDirectory(models).inside(row.group.name)).model : nil
        if let plain, FileManager.default.fileExists(atPath: plain) { return plain }
        throw JobError.wrongRequest(
            "there is no model of \(row.group.shown): neither \(([fitted] + (plain.map { [$0] } ?? [])).joined(separator: " nor ")) is there"
        )
    }
}
