import CCurl
import Foundation

/// What follows from a reply: it is the object, or the server may answer better in a moment, or it is an error.
package enum Judgement: Sendable {
    case done(Reply)
    /// - Parameters:
    ///   - after: what the server asks for, in seconds.
    ///   - tries: after which it is an error all the same; nil: as long as is waited.
    case again(ObjectStoreError, after: Double?, tries: Int?)
    case failed(ObjectStoreError)

    package init(_ reply: Reply, to request: ObjectRequest, _ settings: ObjectStoreSettings) {
        let address = request.address.text
        func failed(_ kind: ObjectStoreError.Kind, _ reason: String) -> Judgement {
            .failed(ObjectStoreError(address, kind, reason))
        }
        if reply.end == .tooLarge {
            let size = reply.length.map { "\($0) bytes, where" } ?? "more bytes than are read:"
            self = failed(.size, "the object is too large: \(size) at most \(request.limit) are read")
            return
        }
        // A range that is there may be all that was read of the answer.
        guard reply.code == CURLE_OK || reply.end == .enough else {
            self = Self.broken(reply, address)
            return
        }
        switch reply.status {
        case 200...299: self = Self.content(reply, request)
        case 408, 425, 429, 500, 502, 503, 504, 509:
            let refusal = ServerRefusal(reply.bytes)
            let said = refusal.code.isEmpty ? "" : " \(refusal.code)"
            self = .again(
                ObjectStoreError(
                    address, .unreachable, "the server is busy or failing (status \(reply.status)\(said))"),
                after: reply.retryAfter, tries: nil)
        default:
            let refusal = Refusal(reply, request, settings)
            self =
                refusal.isPassing
                ? .again(ObjectStoreError(address, refusal.kind, refusal.reason), after: nil, tries: nil)
                : failed(refusal.kind, refusal.reason)
        }
    }

    private static func content(_ reply: Reply, _ request: ObjectRequest) -> Judgement {
        let address = request.address.text
        if let expected = request.tag, let found = reply.tag, found != expected {
            return .failed(
                ObjectStoreError(
                    address, .changed,
                    "the object has changed since it was listed (ETag \(found), which was \(expected))"))
        }
        guard request.method == .get, let range = request.range else { return .done(reply) }
        if reply.status == 206 {
            guard let sent = reply.range, sent.bytes.lowerBound <= range.lowerBound else {
                return .failed(
                    ObjectStoreError(address, .refused, "the server answered another range than \(shown(range))"))
            }
        }
        guard reply.bytes.count == range.count else {
            let total = reply.range?.total ?? (reply.status == 200 ? reply.length : nil)
            return .failed(
                ObjectStoreError(
                    address, .size,
                    "the object ends before the range that was asked for, \(shown(range))"
                        + (total.map { ": it has \($0) bytes" } ?? "")))
        }
        return .done(reply)
    }

    /// For messages: with both ends included.
    private static func shown(_ range: Range<Int64>) -> String {
        "bytes \(range.lowerBound) to \(range.upperBound - 1)"
    }

    private static func broken(_ reply: Reply, _ address: String) -> Judgement {
        let words = reply.message.isEmpty ? String(cString: curl_easy_strerror(reply.code)) : reply.message
        func again(_ reason: String, tries: Int? = nil) -> Judgement {
            .again(ObjectStoreError(address, .unreachable, reason), after: nil, tries: tries)
        }
        switch reply.code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            return again("the server's name is not known (\(words))", tries: RetryPolicy.triesOfUnknownHosts)
        case CURLE_COULDNT_CONNECT: return again("no connection to the server (\(words))")
        case CURLE_OPERATION_TIMEDOUT: return again("the server did not answer in time (\(words))")
        case CURLE_PARTIAL_FILE: return again("the answer was cut off (\(words))")
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_SSL_CONNECT_ERROR, CURLE_HTTP2,
            CURLE_HTTP2_STREAM, CURLE_AGAIN, CURLE_OUT_OF_MEMORY:
            return again("the connection to the server broke (\(words))")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE:
            return .failed(
                ObjectStoreError(
                    address, .refused,
                    "the server's certificate is not trusted (\(words)); AWS_CA_BUNDLE or SSL_CERT_FILE names a file of "
                        + "certificates to trust"))
        case CURLE_TOO_MANY_REDIRECTS:
            return .failed(
                ObjectStoreError(address, .refused, "the server leads on to another address again and again"))
        case CURLE_UNSUPPORTED_PROTOCOL:
            return .failed(
                ObjectStoreError(
                    address, .refused,
                    "the server leads on to an address that is not followed (\(words)): only to HTTP, and "
                        + "from HTTPS only to HTTPS"))
        case CURLE_WEIRD_SERVER_REPLY:
            return .failed(ObjectStoreError(address, .refused, "what answers is no web server (\(words))"))
        default: return .failed(ObjectStoreError(address, .refused, "the request failed (\(words))"))
        }
    }
}
