import HTML
import Journal
import ReportPage
import Storage

/// report.html of several products: how many images each has, how many are flagged, and the way to its own report.
enum ProductReport {
    struct Row {
        /// For people.
        let name: String
        /// Relative to the page's.
        let folder: String
        let images: Int
        let inspected: Int
        let unusable: Int
        /// Nil where there is no threshold.
        let flagged: Int?
        let threshold: Float?
        let reason: String?
        let hasReport: Bool
    }

    static func page(of rows: [Row], in directory: JobDirectory) -> String {
        func escaped(_ text: String) -> String { HTMLText.escape(HTMLText.visible(text)) }
        func cell(_ text: String) -> String { "<td>\(escaped(text))</td>" }
        let lines = rows.map { row in
            let name = escaped(row.name)
            let link = RelativeLink.to("\(row.folder)/\(JobLayout.report)")
            return "<tr><th>\(row.hasReport ? "<a href=\"\(link)\">\(name)</a>" : name)</th>"
                + cell("\(row.images)") + cell("\(row.inspected)") + cell("\(row.unusable)")
                + cell(row.flagged.map { "\($0)" } ?? "") + cell(row.threshold.map { "\($0)" } ?? "")
                + cell(row.reason ?? "") + "</tr>"
        }
        let title = "Inspection of \(rows.count) products"
        return ReportPage.head(title: "\(title) · \(HTMLText.visible(directory.path))") + """
            <body>
            <header>
            <h1>\(title)</h1>
            <p class="path">\(escaped(directory.path))</p>
            </header>
            <section>
            <table class="products">
            <tr><th>product</th><th>images</th><th>inspected</th><th>unusable</th><th>flagged</th><th>threshold</th><th>failed because</th></tr>
            \(lines.joined(separator: "\n"))
            </table>
            </section>
            </body>
            </html>

            """
    }
}
