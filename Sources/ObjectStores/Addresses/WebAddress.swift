import CCurl
import Foundation

/// An object on a web server, by its URL.
///
/// libcurl takes the URL apart, which makes the request as well: two parsers could hold different hosts to be meant.
public struct WebAddress: Sendable {
    /// The whole URL: scheme and host in lower case, without the scheme's own port, and with what a URL may not hold percent-encoded.
    public let text: String
    public let isEncrypted: Bool
    /// The host, and the port where it is another than the scheme's own.
    public let authority: String
    /// Percent-encoded, from the slash on.
    public let path: String
    /// Percent-encoded, without the question mark.
    public let query: String?

    private static let longest = 4095
    /// Names of query parameters that hold signatures or tokens. Lists, journals and logs would tell them.
    private static let secretNames: Set<String> = [
        "x-amz-signature", "x-amz-credential", "x-amz-security-token", "x-goog-signature", "x-goog-credential",
        "signature", "sig", "awsaccesskeyid", "token", "access_token", "auth", "apikey", "api_key", "password",
        "secret",
    ]

    /// - Throws: `ObjectAddressError` where it is no URL of a web server, or holds credentials.
    public init(_ text: String) throws {
        guard text.utf8.count <= Self.longest else {
            throw ObjectAddressError(
                text, "an address of \(text.utf8.count) bytes, where at most \(Self.longest) are read")
        }
        guard !text.utf8.contains(0) else { throw ObjectAddressError(text, "an address with a zero byte") }
        guard let url = curl_url() else { throw ObjectAddressError(text, "there is no memory to read it") }
        defer { curl_url_cleanup(url) }
        let flags = UInt32(CURLU_URLENCODE | CURLU_ALLOW_SPACE)
        let code = curl_url_set(url, CURLUPART_URL, text, flags)
        guard code == CURLUE_OK else {
            throw ObjectAddressError(text, "not a URL: \(String(cString: curl_url_strerror(code)))")
        }
        func part(_ part: CURLUPart) -> String? {
            var found: UnsafeMutablePointer<CChar>?
            guard curl_url_get(url, part, &found, UInt32(CURLU_NO_DEFAULT_PORT)) == CURLUE_OK, let found else {
                return nil
            }
            defer { curl_free(found) }
            return String(validatingCString: found)
        }
        guard part(CURLUPART_USER) == nil, part(CURLUPART_PASSWORD) == nil else {
            throw ObjectAddressError(
                text, "an address holds no credentials, since lists and logs would tell them; put them into ~/.netrc")
        }
        guard part(CURLUPART_FRAGMENT) == nil else {
            throw ObjectAddressError(
                text, "'#' begins a fragment, which is no part of an address; write %23 if it is meant")
        }
        guard let scheme = part(CURLUPART_SCHEME), ["http", "https"].contains(scheme), let host = part(CURLUPART_HOST),
            let path = part(CURLUPART_PATH)
        else { throw ObjectAddressError(text, "not a URL of a web server, as https://HOST/PATH") }
        query = part(CURLUPART_QUERY)
        guard PercentEncoding.isSound(path), PercentEncoding.isSound(query ?? "") else {
            throw ObjectAddressError(text, "a '%' without two digits behind it; write %25 if the sign itself is meant")
        }
        if let name = Self.secret(in: query) {
            throw ObjectAddressError(
                text,
                "the query's parameter '\(name)' is a credential, and lists and logs would tell it; give s3://BUCKET/KEY with "
                    + "credentials in the environment, or put a password into ~/.netrc")
        }
        self.path = path
        isEncrypted = scheme == "https"
        authority = host.lowercased() + (part(CURLUPART_PORT).map { ":" + $0 } ?? "")
        self.text = scheme + "://" + authority + path + (query.map { "?" + $0 } ?? "")
    }

    /// An object on the same server.
    /// - Parameter path: percent-encoded, from the slash on.
    package func withPath(_ path: String) throws -> WebAddress {
        try WebAddress("\(isEncrypted ? "https" : "http")://\(authority)\(path)")
    }

    /// An object beside this one. Its query is not this one's: it has none.
    func resolving(_ reference: RelativeReference) throws -> WebAddress {
        let parts = try reference.percentEncoded.joined(to: String(path.dropFirst()))
        return try withPath("/" + parts.joined(separator: "/"))
    }

    private static func secret(in query: String?) -> String? {
        query?.split(separator: "&").lazy.map { parameter in
            (PercentEncoding.decode(parameter.prefix { $0 != "=" }) ?? "").lowercased()
        }.first { secretNames.contains($0) }
    }
}
