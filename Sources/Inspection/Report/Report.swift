import Foundation
import Journal
import ReportPage
import Storage

/// report.html: what a job did and found, on one page that needs nothing else; and, of a large job, the pages that list all its images.
public enum Report {
    /// Writes the report of a job as it stands, finished or not. The same job gives the same bytes.
    /// - Parameters:
    ///   - truth: what is known about the images, for metrics; images that it does not name are left out of them.
    ///   - threads: that read maps and images; the page is the same for any number of them.
    ///   - progress: told how many maps were read for metrics, and of how many.
    /// - Throws: `JournalError`, `StorageError`. What cannot be read of maps and images is said in the report.
    public static func write(
        _ journal: Journal, truth: Truth? = nil, threads: Int = ProcessInfo.processInfo.activeProcessorCount,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws {
        var maker = try ReportMaker(journal, truth: truth, threads: threads)
        let page = try render(maker.make(progress: progress))
        // Last: what it links to is there.
        try DurableFile.write(page, to: journal.directory.report)
    }

    package static func render(_ contents: ReportContents) throws -> Data {
        ReportPage.render(title: "\(contents.title) · \(contents.directory)", data: try contents.json())
    }
}
