import Foundation
import Journal
import Mustache
import Storage

/// report.html: what a job did and found, on one page that needs nothing but the pictures beside it.
public enum Report {
    /// Writes the report of a job as it stands, finished or not.
    /// - Parameters:
    ///   - truth: what is known about the images, for metrics; images that it does not name are left out of them.
    ///   - path: in the job's folder, to which the page's links are relative; its `report` by default.
    ///   - threads: that read maps; the page is the same for any number of them.
    ///   - progress: told how many maps were read for metrics, and of how many.
    public static func write(
        _ journal: Journal, truth: Truth? = nil, to path: String? = nil,
        threads: Int = ProcessInfo.processInfo.activeProcessorCount,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws {
        let page = try render(ReportContents(journal, truth: truth, threads: threads, progress: progress))
        try DurableFile.write(page.utf8, to: path ?? journal.directory.report)
    }

    package static func render(_ contents: ReportContents) throws -> String {
        HTMLEscaping.register()
        do {
            return try MustacheTemplate(string: ReportTemplate.text).render(ReportView(contents).context)
        } catch let error as MustacheTemplate.ParserError {
            throw InspectionError("the report's template is broken: \(error)")
        }
    }
}
