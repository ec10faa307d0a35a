import Foundation

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
