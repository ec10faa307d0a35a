import Foundation
import Storage

/// A request as it goes over the network: its URL, and its headers, signed where there are credentials.
package struct PreparedRequest: Sendable {
    package let url: String
    package let headers: [(name: String, value: String)]
    /// Whether the user's `~/.netrc` may have a password for the server, and redirects are followed: of web servers only.
    package let isWeb: Bool

    package init(_ request: ObjectRequest, _ settings: ObjectStoreSettings, at date: Date) {
        var headers: [(name: String, value: String)] = []
        if let range = request.range { headers.append(("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")) }
        if let tag = request.tag, !tag.isWeak { headers.append(("if-match", tag.text)) }
        if let type = request.contentType { headers.append(("content-type", type)) }
        switch request.address {
        case .web(let address):
            (url, isWeb) = (address.text, true)
        case .bucket(let address):
            let target = BucketTarget(address, settings)
            let query = RequestSignature.encoded(request.query)
            url = target.server + target.path + (query.isEmpty ? "" : "?" + query)
            isWeb = false
            if let credentials = settings.credentials {
                let payload = Digest(of: request.body)
                let stamp = RequestSignature.stamp(date)
                var signed = [("x-amz-content-sha256", payload.hex), ("x-amz-date", stamp)]
                if let token = credentials.token { signed.append(("x-amz-security-token", token)) }
                let signature = RequestSignature(
                    method: request.method.rawValue, host: target.host, path: target.path, query: request.query,
                    headers: signed, payload: payload)
                headers += signed
                headers.append(
                    ("authorization", signature.authorization(credentials, region: settings.region, stamp: stamp)))
            }
        }
        self.headers = headers
    }
}

/// Which server has a bucket, and under which path.
struct BucketTarget {
    /// Scheme and authority.
    let server: String
    let host: String
    /// Percent-encoded.
    let path: String

    /// A server of one's own has its buckets in the path; Amazon has them in the host's name, where the bucket's name can be one.
    init(_ address: BucketAddress, _ settings: ObjectStoreSettings) {
        let key = PercentEncoding.encode(address.key, keepingSlashes: true)
        if let endpoint = settings.endpoint {
            host = endpoint.authority
            server = (endpoint.isEncrypted ? "https://" : "http://") + host
            let prefix = endpoint.path.utf8.last == UInt8(ascii: "/") ? String(endpoint.path.dropLast()) : endpoint.path
            path = prefix + "/" + address.bucket + "/" + key
            return
        }
        // The certificate of Amazon's servers is for names of one part before s3.
        let isLabel =
            (3...63).contains(address.bucket.utf8.count)
            && address.bucket.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        let suffix = settings.region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        let region = "s3.\(settings.region).\(suffix)"
        host = isLabel ? "\(address.bucket).\(region)" : region
        server = "https://" + host
        path = (isLabel ? "/" : "/\(address.bucket)/") + key
    }
}
