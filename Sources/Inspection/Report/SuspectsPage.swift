import Foundation
import Imaging
import Journal
import Mustache
import ReportPage
import Settings
import Storage

/// suspects.html: a fit's own images by their scores by the model without each, the highest first, with pictures of the first ones. The page
/// needs no other file.
public struct SuspectsPage {
    /// What there is to see of an image: its overlay, or why there is none.
    public typealias Picture = Result<RGBImage, NoPicture>

    public struct NoPicture: Error, Equatable, Sendable {
        public let reason: String

        public init(reason: String) { self.reason = reason }
    }

    /// How many images the page lists at most.
    public static let mostRows = 200

    private let directory: String
    private let suspects: Suspects
    private let pictures: [Picture]
    private let legend: ColorLegend?

    /// - Parameters:
    ///   - pictures: of the first suspects, in their order.
    ///   - scaling: of the pictures' colours.
    public init(_ suspects: Suspects, pictures: [Picture], scaling: MapScaling?, directory: JobDirectory) {
        (self.suspects, self.pictures, self.directory) = (suspects, pictures, directory.path)
        legend = scaling.map { ColorLegend($0, threshold: nil, isCentered: false) }
    }

    /// - Throws: `ImageError` where there is no memory, `StorageError` where the file cannot be written.
    public func write(to path: String) throws { try DurableFile.write(try text().utf8, to: path) }

    package func text() throws -> String {
        HTMLEscaping.register()
        do {
            return try ReportPage.head(title: "Suspects · \(directory)")
                + MustacheTemplate(string: SuspectsTemplate.text).render(context())
        } catch let error as MustacheTemplate.ParserError {
            throw InspectionError("the template of suspects is broken: \(error)")
        }
    }

    private func context() throws -> [String: Any] {
        let shown = try zip(suspects.rows, pictures).map { row, picture in
            var fields = Self.fields(row)
            switch picture {
            case .success(let image):
                fields["picture"] =
                    "data:image/png;base64," + Data(try PNGEncoder.encode(image)).base64EncodedString()
            case .failure(let none): fields["noPicture"] = none.reason
            }
            return fields
        }
        return [
            "directory": directory, "remark": suspects.remark ?? false, "written": Date().formatted(.iso8601),
            "pictures": shown,
            "legend": legend?.context ?? false, "hasPictures": !shown.isEmpty,
            "rows": suspects.rows.enumerated().map { number, row in
                Self.fields(row).merging(["number": "\(number + 1)"]) { $1 }
            },
        ]
    }

    private static func fields(_ row: Suspects.Row) -> [String: Any] {
        [
            "score": String(format: "%.2f", row.score), "pValue": String(format: "%.4f", row.pValue),
            "lot": row.lot.map(String.init) ?? "", "path": row.path, "file": row.location.text,
        ]
    }
}

enum SuspectsTemplate {
    static let text = """
        {{% CONTENT_TYPE:\(HTMLEscaping.name)}}
        <body>
        <header>
        <h1>Suspects among the normal images</h1>
        <p class="path">{{directory}}</p>
        <p>written {{written}}</p>
        </header>
        <section>
        <p>These are images that the model was fitted on, each scored by the model without it: those that look least like the others come
        first. p is the share of the fit's images that score at least as high, this one among them. Some image is always first, so look for defects, and
        take out of the fit what is not normal, and nothing else.</p>
        {{#remark}}<p>{{remark}}.</p>{{/remark}}
        </section>
        {{#hasPictures}}
        <section>
        <h2>Highest scores</h2>
        {{#legend}}
        <figure>
        \(LegendTemplate.page)
        <figcaption>Distances from the model without the image: dark as in most normal images, bright where this one differs.</figcaption>
        </figure>
        {{/legend}}
        <div class="gallery">
        {{#pictures}}
        <article>
        {{#picture}}<img src="{{picture}}" alt="">{{/picture}}
        {{#noPicture}}<div class="empty" title="{{noPicture}}">no picture</div>{{/noPicture}}
        <p><b>{{score}}</b> <span class="dim">p {{pValue}}</span></p>
        <p class="path" title="{{file}}">{{path}}</p>
        {{#noPicture}}<p class="dim">{{noPicture}}</p>{{/noPicture}}
        </article>
        {{/pictures}}
        </div>
        </section>
        {{/hasPictures}}
        <section>
        <h2>By score</h2>
        <table>
        <thead><tr><th></th><th>score</th><th>p</th><th>lot</th><th>image</th></tr></thead>
        <tbody>
        {{#rows}}
        <tr><td>{{number}}</td><td>{{score}}</td><td>{{pValue}}</td><td>{{lot}}</td><td class="path" title="{{file}}">{{path}}</td></tr>
        {{/rows}}
        </tbody>
        </table>
        <p class="note"><code>padim suspects</code> writes all of them as a table (<code>--limit</code>, <code>--csv</code>).</p>
        </section>
        </body>
        </html>

        """
}
