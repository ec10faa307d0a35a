import Foundation

/// An HTTP server in this process that answers what a test says, right or wrong, byte by byte. It stays until it is stopped, or the
/// process ends: a client that outlives it would wait.
public final class ScriptedServer: @unchecked Sendable {
    /// A request, as it came.
    public struct Request: Sendable {
        public let method: String
        /// With the query.
        public let target: String
        /// Names in lower case.
        public let headers: [String: String]
        public let body: [UInt8]
        /// The same as it came over the network.
        public let bytes: [UInt8]
        /// Counted from 1, over all connections.
        public let number: Int
    }

    /// What is done in answer to a request. The connection is kept unless it says otherwise.
    public enum Step: Sendable {
        case send([UInt8])
        case pause(Double)
        /// Ends the connection as a server does that is done.
        case close
        /// Ends it as a server does that has crashed.
        case reset

        public static func send(_ text: String) -> Step { .send(Array(text.utf8)) }
    }

    public let port: Int
    public var address: String { "http://127.0.0.1:\(port)" }
    private let listener: Int32
    private let answer: @Sendable (Request) -> [Step]
    private let lock = NSLock()
    private var count = 0
    private var connections = 0

    /// - Parameter answer: is called on several threads.
    public init(_ answer: @escaping @Sendable (Request) -> [Step]) throws {
        self.answer = answer
        (listener, port) = try Self.listen()
        Thread.detachNewThread { [self] in
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                lock.withLock { connections += 1 }
                Thread.detachNewThread { self.serve(connection) }
            }
            close(listener)
        }
    }

    /// Takes no more connections.
    public func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    public var requestCount: Int { lock.withLock { count } }
    public var connectionCount: Int { lock.withLock { connections } }

    /// An answer with status, headers and a body, and its true length.
    public static func reply(_ status: Int = 200, _ headers: [String: String] = [:], _ body: [UInt8] = []) -> [Step] {
        let lines = headers.map { "\($0): \($1)\r\n" }.sorted().joined()
        return [.send(Array("HTTP/1.1 \(status) Said\r\ncontent-length: \(body.count)\r\n\(lines)\r\n".utf8) + body)]
    }

    /// The answer of another server on loopback to the same request. Whether that one keeps its connections is not passed on.
    public static func forward(_ request: Request, to port: Int) -> [Step] {
        guard let upstream = connect(to: port) else { return [.close] }
        defer { Foundation.close(upstream) }
        guard sendAll(upstream, request.bytes), let head = readHead(upstream) else { return [.close] }
        let isBare = request.method == "HEAD" || head.status == 204 || head.status == 304
        let length = isBare ? 0 : head.headers["content-length"].flatMap { Int($0) } ?? 0
        let lines = String(decoding: head.bytes, as: UTF8.self).components(separatedBy: "\r\n")
        let kept = lines.filter { !$0.lowercased().hasPrefix("connection:") }.joined(separator: "\r\n")
        return [.send(Array(kept.utf8) + (readBody(upstream, length, head.rest) ?? []))]
    }

    // MARK: Connections

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        var rest: [UInt8] = []
        while let head = Self.readHead(connection, rest) {
            let length = head.headers["content-length"].flatMap { Int($0) } ?? 0
            guard let body = Self.readBody(connection, length, head.rest) else { return }
            rest = Array(head.rest.dropFirst(length))
            let number = lock.withLock {
                count += 1
                return count
            }
            let request = Request(
                method: head.words.first ?? "", target: head.words.count > 1 ? head.words[1] : "",
                headers: head.headers,
                body: body, bytes: head.bytes + body, number: number)
            for step in answer(request) {
                switch step {
                case .send(let bytes): guard Self.sendAll(connection, bytes) else { return }
                case .pause(let seconds): usleep(useconds_t(seconds * 1_000_000))
                case .close: return
                case .reset:
                    var linger = linger(l_onoff: 1, l_linger: 0)
                    setsockopt(
                        connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
                    return
                }
            }
        }
    }

    private struct Head {
        var words: [String]
        var headers: [String: String]
        var bytes: [UInt8]
        /// What came behind the head.
        var rest: [UInt8]

        var status: Int { words.count > 1 ? Int(words[1]) ?? 0 : 0 }
    }

    private static func readHead(_ socket: Int32, _ start: [UInt8] = []) -> Head? {
        var bytes = start
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let found = bytes.firstRange(of: end) {
                let lines = String(decoding: bytes[..<found.lowerBound], as: UTF8.self).split(separator: "\r\n")
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    guard let colon = line.firstIndex(of: ":") else { continue }
                    headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                        in: .whitespaces)
                }
                return Head(
                    words: lines.first?.split(separator: " ").map(String.init) ?? [], headers: headers,
                    bytes: Array(bytes[..<found.upperBound]), rest: Array(bytes[found.upperBound...]))
            }
            guard let more = read(socket, 1 << 16) else { return nil }
            bytes += more
        }
    }

    private static func readBody(_ socket: Int32, _ length: Int, _ start: [UInt8]) -> [UInt8]? {
        var bytes = Array(start.prefix(length))
        while bytes.count < length {
            guard let more = read(socket, length - bytes.count) else { return nil }
            bytes += more
        }
        return bytes
    }

    private static func read(_ socket: Int32, _ count: Int) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: min(count, 1 << 16))
        let received = recv(socket, &buffer, buffer.count, 0)
        return received > 0 ? Array(buffer[..<received]) : nil
    }

    private static func sendAll(_ socket: Int32, _ bytes: [UInt8]) -> Bool {
        var done = 0
        while done < bytes.count {
            let sent = bytes.withUnsafeBytes { buffer in
                Foundation.send(
                    socket, buffer.baseAddress.map { $0 + done }, buffer.count - done, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            done += sent
        }
        return true
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        return address
    }

    private static func withAddress<Result>(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, inout socklen_t) -> Result
    ) -> Result {
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &size) }
        }
    }

    private static func listen() throws -> (Int32, Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(0)
        guard listener >= 0, withAddress(&address, { bind(listener, $0, $1) }) == 0,
            Foundation.listen(listener, 64) == 0,
            withAddress(&address, { getsockname(listener, $0, &$1) }) == 0
        else { throw POSIXError(.EADDRNOTAVAIL) }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    private static func connect(to port: Int) -> Int32? {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port)
        guard connection >= 0, withAddress(&address, { Foundation.connect(connection, $0, $1) }) == 0 else {
            return nil
        }
        return connection
    }
}
