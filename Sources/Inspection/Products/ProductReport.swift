import Journal
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
        let escaping = HTMLEscaping()
        func cell(_ text: String) -> String { "<td>\(escaping.escapeText(text))</td>" }
        let lines = rows.map { row in
            let name = escaping.escapeText(row.name)
            let link = RelativeLink.to("\(row.folder)/\(JobLayout.report)")
            return "<tr><th>\(row.hasReport ? "<a href=\"\(link)\">\(name)</a>" : name)</th>"
                + cell("\(row.images)") + cell("\(row.inspected)") + cell("\(row.unusable)")
                + cell(row.flagged.map { "\($0)" } ?? "") + cell(row.threshold.map { "\($0)" } ?? "")
                + cell(row.reason ?? "") + "</tr>"
        }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>Inspection of \(rows.count) products · \(escaping.escapeText(directory.path))</title>
            <style>
            \(ReportStyle.css)
            .products { border-collapse: collapse; width: 100%; }
            .products th, .products td { text-align: left; padding: 0.4rem 0.8rem 0.4rem 0; border-bottom: 1px solid var(--line); }
            </style>
            </head>
            <body>
            <header>
            <h1>Inspection of \(rows.count) products</h1>
            <p class="path">\(escaping.escapeText(directory.path))</p>
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
