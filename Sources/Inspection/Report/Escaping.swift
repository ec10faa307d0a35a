import Foundation
import HTML
import Mustache

/// Escapes text for HTML, Unicode scalar by scalar.
///
/// The template library's own escaping goes by `Character`, and lets a quote or an angle bracket through that a combining mark follows: enough
/// for an image's name to leave its attribute.
struct HTMLEscaping: MustacheContentType {
    static let name = "HTML-SCALARS"

    /// Makes the pragma `{{% CONTENT_TYPE:HTML-SCALARS}}` known to templates.
    static func register() { MustacheContentTypes.register(HTMLEscaping(), named: name) }

    func escapeText(_ text: String) -> String { HTMLText.escape(text) }
}

/// A link to a file of the job, from a page in the job's folder.
package enum RelativeLink {
    private static let plain = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

    /// The link begins with "./", so that no name is read as a scheme or a host.
    package static func to(_ path: String) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).map { part in
            String(part).addingPercentEncoding(withAllowedCharacters: plain) ?? ""
        }
        return "./" + parts.joined(separator: "/")
    }
}
