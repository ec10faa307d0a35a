import Foundation
import HTML
import Storage

/// The report's page: HTML, CSS and JavaScript, which are files in `Page/`, put together with the data of one report.
///
/// The page is one file that loads nothing. SwiftPM compiles the files into the program (`embedInCode`), so that an executable that was copied
/// elsewhere has them; a folder of resources beside it would be left behind. They are a module of their own since their compilation takes seconds.
///
/// There is no framework and no build step: each script is a block of its own in the page, and what it offers to others is one name. The
/// browser runs what has one of the digests that the page's policy names, and nothing else.
public enum ReportPage {
    /// The look of the report, and of the project's other pages.
    public static let style = String(decoding: PackageResources.report_css, as: UTF8.self)

    /// In the order in which they need each other.
    package static let scripts: [String] = [
        PackageResources.text_js, PackageResources.scores_js, PackageResources.state_js, PackageResources.colors_js,
        PackageResources.maps_js, PackageResources.histogram_js, PackageResources.threshold_js,
        PackageResources.curves_js, PackageResources.breakdown_js, PackageResources.gallery_js,
        PackageResources.viewer_js, PackageResources.list_js, PackageResources.details_js, PackageResources.main_js,
    ].map { String(decoding: $0, as: UTF8.self) }

    /// - Parameters:
    ///   - title: what browsers call the page until its script does.
    ///   - data: JSON, as the scripts expect it.
    /// - Returns: the page in UTF-8. Equal data give equal bytes.
    public static func render(title: String, data: Data) -> Data {
        var page = Data(
            head(title: title, policy: policy(scripts: scripts, pictures: "'self' file: data:"), style: style).utf8)
        page.append(contentsOf: "<body>\n".utf8)
        page.append(contentsOf: PackageResources.body_html)
        page.append(contentsOf: "<script type=\"application/json\" id=\"data\">".utf8)
        page.append(contentsOf: inert(data))
        page.append(contentsOf: "</script>\n".utf8)
        for script in scripts { page.append(contentsOf: "<script>\(script)</script>\n".utf8) }
        page.append(contentsOf: "</body>\n</html>\n".utf8)
        return page
    }

    /// The beginning of a page that has no scripts, to before its body.
    public static func head(title: String) -> String {
        head(title: title, policy: policy(scripts: [], pictures: "data:"), style: style)
    }

    private static func head(title: String, policy: String, style: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="referrer" content="no-referrer">
        <meta http-equiv="Content-Security-Policy" content="\(policy)">
        <title>\(HTMLText.escape(title))</title>
        <style>\(style)</style>
        </head>

        """
    }

    /// What a browser may load and run: the styles and scripts of these digests, pictures, and nothing from elsewhere.
    private static func policy(scripts: [String], pictures: String) -> String {
        let allowed = scripts.map(source).joined(separator: " ")
        return [
            "default-src 'none'", "script-src \(allowed.isEmpty ? "'none'" : allowed)", "style-src \(source(style))",
            "img-src \(pictures)", "base-uri 'none'", "form-action 'none'",
        ].joined(separator: "; ")
    }

    private static func source(_ text: String) -> String {
        "'sha256-\(Data(Digest(of: text.utf8).bytes).base64EncodedString())'"
    }

    /// JSON in which nothing ends the element that it stands in: `<` only comes in texts, where it has another form.
    private static func inert(_ json: Data) -> Data {
        var result = Data(capacity: json.count + 64)
        // By pointers: a page of megabytes is mostly pictures.
        json.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while let place = rest.firstIndex(of: UInt8(ascii: "<")) {
                result.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<place]))
                result.append(contentsOf: "\\u003C".utf8)
                rest = rest[(place + 1)...]
            }
            result.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest))
        }
        return result
    }
}
