import Foundation
import ImageLists
import Journal
import Storage
import Thresholds

/// The results of the jobs of several products, in one table and with one report.
public enum ProductResults {
    /// That of one job's table, and the product's name, as the list has it.
    public static let header = ResultsTable.header + ["model"]

    /// Writes results.csv, a row an image in the list's order, and report.html. Images of jobs that have none have no status. Beside the list memory
    /// does not grow with the images.
    /// - Parameter list: of all images, with their products as groups.
    /// - Throws: `StorageError`, `JournalError`.
    public static func export(_ list: ImageList, _ rows: [ProductRow], to directory: JobDirectory) throws {
        var results: [String: OneProduct] = [:]
        for row in rows { results[row.group.name] = try OneProduct(row) }
        var writer = try CSVWriter(path: directory.results, header: header)
        for source in list.sources {
            for entry in list.entries[source.entries] {
                let name = entry.group ?? ""
                try writer.append((try results[name]?.next(entry) ?? absent(entry, source)) + [name])
            }
        }
        try writer.commit()
        let page = ProductReport.page(of: try rows.compactMap { try results[$0.group.name]?.summary }, in: directory)
        try DurableFile.write(page.utf8, to: directory.report)
    }

    private static func absent(_ entry: ImageList.Entry, _ source: ImageList.Source) -> [String] {
        ResultsTable.fields(
            of: ImageRow(
                id: 0, record: ImageRecord(path: entry.path, location: entry.location, output: entry.outputStem),
                source: source.name, status: nil, reason: nil, score: nil, maxRow: nil, maxColumn: nil, flagged: nil,
                mapPath: nil))
    }
}

/// A product's images, one after the other.
private final class OneProduct {
    private static let page = 1_024

    private let row: ProductRow
    private let folder: String
    private let journal: Journal?
    private let threshold: Threshold?
    private let pValues: PValues?
    private var waiting: ArraySlice<ImageRow> = []
    private var last: ImageID?

    init(_ row: ProductRow) throws {
        self.row = row
        folder = ProductTable.folder(of: row.group.name)
        let hasJob = FileManager.default.fileExists(atPath: row.directory.database)
        journal = hasJob ? try Journal.read(row.directory) : nil
        threshold = try journal?.value(.threshold).map { Threshold($0) }
        pValues = try journal?.pValues()
    }

    deinit { try? journal?.close() }

    /// The table's fields of the next image; nil where the job has another one, since it began with another list.
    func next(_ entry: ImageList.Entry) throws -> [String]? {
        if waiting.isEmpty, let journal {
            waiting = try journal.images(.inspect, after: last, limit: Self.page)[...]
            last = waiting.last?.id ?? last
        }
        guard let next = waiting.first, next.record.location == entry.location else { return nil }
        waiting.removeFirst()
        var fields = ResultsTable.fields(of: next, ofJob: threshold, pValues)
        if next.mapPath != nil, let place = ResultsTable.header.firstIndex(of: "map_path") {
            fields[place] = "\(folder)/\(fields[place])"
        }
        return fields
    }

    var summary: ProductReport.Row {
        get throws {
            let counts = try journal?.counts(.inspect) ?? ImageCounts()
            return ProductReport.Row(
                name: row.group.shown, folder: folder, images: row.group.images, inspected: counts.ok,
                unusable: counts.failed, flagged: try journal?.flagged(), threshold: threshold?.value,
                reason: row.reason, hasReport: FileManager.default.fileExists(atPath: row.directory.report))
        }
    }
}

extension Journal {
    /// How many images are flagged; nil without a threshold.
    fileprivate func flagged() throws -> Int? {
        guard try value(.threshold) != nil else { return nil }
        var flagged = 0
        try forEachImage(.inspect) { if $0.flagged == true { flagged += 1 } }
        return flagged
    }
}
