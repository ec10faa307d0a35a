import Foundation
import HTML
import Journal
import ReportPage
import Storage

/// The pages that list all images of a large job, by score, as plain tables: they need no script, and each is quickly there.
struct ReportPages {
    /// Images of a page.
    static let size = 2_000

    private let journal: Journal
    private let describe: (ImageRow) -> ReportContents.Row
    private let names: ScoreGroups.Names
    private let threshold: Float?

    /// - Parameter describe: what a row of the report says of an image.
    init(
        _ journal: Journal, names: ScoreGroups.Names, threshold: Float?,
        describe: @escaping (ImageRow) -> ReportContents.Row
    ) {
        (self.journal, self.names, self.threshold, self.describe) = (journal, names, threshold, describe)
    }

    static func file(_ number: Int) -> String { "\(JobLayout.reportPages)/\(String(format: "%04d", number)).html" }

    /// Writes the pages, and removes those of an earlier report that had more.
    /// - Parameter order: the images, in the order of the pages; none writes none.
    /// - Returns: the pages, as the report names them.
    /// - Throws: `StorageError`, `JournalError`.
    func write(_ order: [ImageID], titled title: String) throws -> [ReportContents.Page] {
        let count = (order.count + Self.size - 1) / Self.size
        var pages: [ReportContents.Page] = []
        if count > 0 { try Folder.create(journal.directory.inside(JobLayout.reportPages)) }
        for number in 1..<count + 1 {
            let first = (number - 1) * Self.size
            let rows = try journal.images(Array(order[first..<min(first + Self.size, order.count)]), .inspect)
            let path = Self.file(number)
            try DurableFile.write(
                page(rows.map(describe), number, of: count, first: first, total: order.count, title).utf8,
                to: journal.directory.inside(path))
            pages.append(
                .init(number: number, file: RelativeLink.to(path), lowest: rows.compactMap(\.score).last))
        }
        try removeOthers(count)
        return pages
    }

    private func removeOthers(_ count: Int) throws {
        let folder = journal.directory.inside(JobLayout.reportPages)
        let known = Set((1..<count + 1).map(Self.file).map { $0.dropFirst(JobLayout.reportPages.count + 1) })
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where name.wholeMatch(of: /\d{4,}\.html/) != nil && !known.contains(name[...]) {
            guard unlink("\(folder)/\(name)") == 0 || errno == ENOENT else {
                throw StorageError.fromErrno("delete", "\(folder)/\(name)")
            }
        }
    }

    private func page(
        _ rows: [ReportContents.Row], _ number: Int, of count: Int, first: Int, total: Int, _ title: String
    ) -> String {
        let heading = "\(title): images \(first + 1) to \(first + rows.count) of \(total), by score"
        func link(_ target: Int, _ words: String) -> String {
            (1...count).contains(target)
                ? "<a href=\"./\(String(format: "%04d", target)).html\">\(words)</a> " : ""
        }
        let ways =
            "<nav><a href=\"../\(JobLayout.report)\">Report</a> " + link(1, "First") + link(number - 1, "Previous")
            + link(number + 1, "Next") + link(count, "Last") + "</nav>"
        let flagged = threshold.map { "<p>Flagged is what scores at least \($0).</p>" } ?? ""
        var text = ReportPage.head(title: heading)
        text += "<body>\n<header><h1>\(HTMLText.escape(heading))</h1>\(flagged)\(ways)</header>\n"
        text +=
            "<table>\n<thead><tr><th>score</th><th>status</th><th>label</th><th>source</th><th>image</th></tr></thead>\n"
        for row in rows { text += line(row) }
        return text + "</table>\n\(ways)\n</body>\n</html>\n"
    }

    private func line(_ row: ReportContents.Row) -> String {
        let status: String
        if let score = row.score {
            status = threshold.map { score >= $0 ? "flagged" : "" } ?? ""
        } else {
            status = [row.status ?? "to do", row.reason].compactMap { $0 }.joined(separator: ": ")
        }
        let label = [
            row.anomalous.map { $0 ? "anomalous" : "normal" }, row.category.map { names.category[$0] },
            row.defect.map { names.defect[$0] },
        ].compactMap { $0 }.joined(separator: ", ")
        let source = row.source.map { names.source[$0] } ?? ""
        let name = "<bdi>\(HTMLText.escape(row.path))</bdi>"
        // Links of rows are from the folder above.
        let image = row.overlay.map { "<a href=\"../\(HTMLText.escape(String($0.dropFirst(2))))\">\(name)</a>" } ?? name
        let cells = [status, label, source].map { "<td>\(HTMLText.escape($0))</td>" }.joined()
        return "<tr><td>\(row.score.map { "\($0)" } ?? "")</td>\(cells)<td class=\"path\">\(image)</td></tr>\n"
    }
}
