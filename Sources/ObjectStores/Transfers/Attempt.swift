import CCurl
import Foundation

/// One try of a request: an easy handle of libcurl, and what comes over it. Used on the loop's thread only.
final class Attempt {
    let exchange: Exchange
    let easy: UnsafeMutableRawPointer
    private let isWeb: Bool
    private var headers: UnsafeMutablePointer<curl_slist>?
    private let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    /// Nil until the first byte of an answer is there: its head says what is wanted of it.
    private var body: AnswerBody?
    /// Whether the last line of a head that came is the empty one that ends it. libcurl takes a head that is cut off for a whole one.
    private var headIsWhole = false

    private static let connectSeconds = 10
    private static let mostRedirects = 5

    /// - Throws: `ObjectStoreError` where libcurl takes the request for impossible.
    init(_ exchange: Exchange, _ settings: ObjectStoreSettings) throws {
        let request = exchange.request
        let prepared = PreparedRequest(request, settings, at: Date())
        guard let easy = curl_easy_init() else {
            throw ObjectStoreError(request.address.text, .unreachable, "there is no memory for a request")
        }
        (self.exchange, self.easy, isWeb) = (exchange, easy, prepared.isWeb)
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        for header in prepared.headers { headers = curl_slist_append(headers, "\(header.name): \(header.value)") }
        // Nothing is asked of the server before a body is sent.
        headers = curl_slist_append(headers, "expect:")
        if request.contentType == nil { headers = curl_slist_append(headers, "content-type:") }
        try set(CURLOPT_URL, prepared.url)
        try set(CURLOPT_USERAGENT, "padim")
        try set(CURLOPT_PATH_AS_IS, 1)
        try require(curl_set_pointer(easy, CURLOPT_HTTPHEADER, headers))
        try require(curl_set_pointer(easy, CURLOPT_ERRORBUFFER, message))
        try setMethod(request)
        try setBounds(settings)
        try setTrust(settings)
        try setServer(settings)
        try setReaders()
    }

    private func setReaders() throws {
        let context = Unmanaged.passUnretained(self).toOpaque()
        try require(
            curl_set_writer(
                easy,
                { data, size, count, context in
                    guard let data, let context else { return 0 }
                    let chunk = UnsafeRawBufferPointer(start: data, count: size * count)
                    let goesOn = Unmanaged<Attempt>.fromOpaque(context).takeUnretainedValue().take(chunk)
                    // Another count than came ends the transfer.
                    return goesOn ? chunk.count : chunk.count &+ 1
                }, context))
        try require(
            curl_set_header_reader(
                easy,
                { data, size, count, context in
                    guard let data, let context else { return 0 }
                    let line = UnsafeRawBufferPointer(start: data, count: size * count)
                    Unmanaged<Attempt>.fromOpaque(context).takeUnretainedValue().headIsWhole =
                        line.elementsEqual("\r\n".utf8) || line.elementsEqual("\n".utf8)
                    return line.count
                }, context))
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headers)
        message.deallocate()
    }

    private func require(_ code: CURLcode) throws {
        guard code == CURLE_OK else {
            let words = String(cString: curl_easy_strerror(code))
            throw ObjectStoreError(
                exchange.request.address.text, .refused, "libcurl does not take the request (\(words))")
        }
    }

    private func set(_ option: CURLoption, _ value: String) throws { try require(curl_set_text(easy, option, value)) }

    private func set(_ option: CURLoption, _ value: Int) throws { try require(curl_set_long(easy, option, value)) }

    private func setMethod(_ request: ObjectRequest) throws {
        switch request.method {
        case .get: try set(CURLOPT_HTTPGET, 1)
        case .head: try set(CURLOPT_NOBODY, 1)
        case .put, .post:
            try set(CURLOPT_POST, 1)
            try require(curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
            try request.body.withUnsafeBytes { bytes in
                // libcurl keeps a copy.
                let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                if let start { try require(curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, start)) }
            }
            if request.body.isEmpty { try set(CURLOPT_COPYPOSTFIELDS, "") }
            try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        case .delete: try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
    }

    private func setBounds(_ settings: ObjectStoreSettings) throws {
        // Timeouts by signals would hit any thread.
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_CONNECTTIMEOUT, Self.connectSeconds)
        try set(CURLOPT_LOW_SPEED_LIMIT, 1)
        try set(CURLOPT_LOW_SPEED_TIME, settings.stallSeconds)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        // Amazon's S3 speaks nothing else. What HTTP/2 saves is handshakes, and connections are kept for as long as there is work.
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        // A child process, as a worker of this machine, has no part in connections.
        try require(
            curl_set_socket_preparation(easy) { _, socket, _ in
                _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
                return Int32(CURL_SOCKOPT_OK)
            })
    }

    private func setTrust(_ settings: ObjectStoreSettings) throws {
        if let file = settings.certificates { try set(CURLOPT_CAINFO, file) }
        if let folder = settings.certificateFolder { try set(CURLOPT_CAPATH, folder) }
    }

    /// Signatures are for one server, so requests to buckets are not led on.
    private func setServer(_ settings: ObjectStoreSettings) throws {
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        guard isWeb, case .web(let address) = exchange.request.address else { return }
        try set(CURLOPT_FOLLOWLOCATION, 1)
        try set(CURLOPT_MAXREDIRS, Self.mostRedirects)
        try set(CURLOPT_REDIR_PROTOCOLS_STR, address.isEncrypted ? "https" : "http,https")
        // libcurl sends what the file says to the host that it names, and to no other.
        try set(CURLOPT_NETRC, Int(CURL_NETRC_OPTIONAL.rawValue))
        if let file = settings.passwordFile { try set(CURLOPT_NETRC_FILE, file) }
    }

    private func take(_ chunk: UnsafeRawBufferPointer) -> Bool {
        if body == nil { body = makeBody() }
        return body?.take(chunk) ?? false
    }

    private func makeBody() -> AnswerBody {
        let request = exchange.request
        guard (200...299).contains(status) else {
            return AnswerBody(range: 0..<Int64(ServerRefusal.longestAnswer), start: 0)
        }
        var body =
            if let range = request.range {
                AnswerBody(range: range, start: status == 206 ? (contentRange?.bytes.lowerBound ?? 0) : 0)
            } else {
                AnswerBody(limit: request.limit)
            }
        if let length { body.reserve(length) }
        return body
    }

    /// The outcome, once libcurl says that the transfer is over.
    func reply(_ code: CURLcode) -> Reply {
        var reply = Reply(code: code == CURLE_OK && !headIsWhole ? CURLE_PARTIAL_FILE : code)
        reply.message = code == CURLE_OK ? "" : String(cString: message)
        reply.status = status
        reply.tag = header("etag").flatMap { EntityTag($0) }
        reply.range = contentRange
        reply.length = length
        reply.lastModified = header("last-modified").flatMap { text in
            let time = curl_getdate(text, nil)
            return time < 0 ? nil : Int64(time)
        }
        reply.region = header("x-amz-bucket-region").map { String($0.prefix(64)) }
        var seconds: curl_off_t = 0
        if curl_get_offset(easy, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK, seconds > 0 {
            reply.retryAfter = Double(seconds)
        }
        reply.bytes = body?.bytes ?? []
        reply.end = (200...299).contains(status) ? body?.end : nil
        if !(200...299).contains(status), body?.end == .enough { reply.code = CURLE_OK }
        return reply
    }

    private var status: Int {
        var status = 0
        return curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0
    }

    private var length: Int64? {
        var length: curl_off_t = -1
        guard curl_get_offset(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) == CURLE_OK, length >= 0 else {
            return nil
        }
        return Int64(length)
    }

    private var contentRange: ContentRange? { header("content-range").flatMap { ContentRange($0) } }

    /// Of the last answer, where several followed each other.
    private func header(_ name: String) -> String? {
        var found: UnsafeMutablePointer<curl_header>?
        guard curl_easy_header(easy, name, 0, UInt32(CURLH_HEADER), -1, &found) == CURLHE_OK, let found else {
            return nil
        }
        return String(validatingCString: found.pointee.value)
    }
}
