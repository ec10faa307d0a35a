import Foundation
import Storage

/// Signs requests to S3 by AWS Signature Version 4
/// (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
///
/// libcurl 7.88 signs too, but sorts and encodes queries otherwise than servers do: `Tests/ObjectStores/Fixtures/README.md` has the counts.
package struct RequestSignature: Sendable {
    package let method: String
    /// As it stands in the request's Host header.
    package let host: String
    /// As it stands in the request: percent-encoded once.
    package let path: String
    /// In any order, not percent-encoded.
    package let query: [(name: String, value: String)]
    /// Names in lower case. What is signed beside the host.
    package let headers: [(name: String, value: String)]
    package let payload: Digest

    package init(
        method: String, host: String, path: String, query: [(name: String, value: String)],
        headers: [(name: String, value: String)], payload: Digest
    ) {
        (self.method, self.host, self.path) = (method, host, path)
        (self.query, self.headers, self.payload) = (query, headers, payload)
    }

    /// The query as it has to stand in the request: encoded, and sorted by the encoded bytes.
    package static func encoded(_ query: [(name: String, value: String)]) -> String {
        query.map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }
            .sorted { $0 < $1 }.map { $0 + "=" + $1 }.joined(separator: "&")
    }

    /// The time of a request as its header `x-amz-date` has it: `20260131T235959Z`.
    package static func stamp(_ date: Date) -> String {
        var seconds = time_t(date.timeIntervalSince1970)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))T"
            + "\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec))Z"
    }

    /// The header `Authorization`.
    /// - Parameter stamp: that of the header `x-amz-date`, which is among `headers`.
    package func authorization(_ credentials: Credentials, region: String, stamp: String) -> String {
        let signed = (headers + [("host", host)]).sorted { $0.name < $1.name }
        let names = signed.map(\.name).joined(separator: ";")
        let canonical = [
            method, path, Self.encoded(query), signed.map { "\($0.name):\(Self.trimmed($0.value))\n" }.joined(), names,
            payload.hex,
        ].joined(separator: "\n")
        let day = String(stamp.prefix(8))
        let scope = "\(day)/\(region)/s3/aws4_request"
        let text = ["AWS4-HMAC-SHA256", stamp, scope, Digest(of: canonical.utf8).hex].joined(separator: "\n")
        let key = [day, region, "s3", "aws4_request"].reduce(Array(("AWS4" + credentials.secret).utf8)) {
            Keyed.digest(of: $1, key: $0)
        }
        let signature = Keyed.digest(of: text, key: key).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
        return
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
    }

    /// Without spaces at the ends, and with one where several follow each other.
    private static func trimmed(_ value: String) -> String {
        value.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
    }
}
