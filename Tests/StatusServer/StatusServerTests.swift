import Foundation
import StatusServer
import TestSupport
import Testing

@Suite struct StatusServerTests {
    private let server: StatusServer

    init() throws {
        let large = HTTPBody([UInt8](repeating: 0x78, count: 300_000))
        server = try StatusServer(try #require(StatusAddress("127.0.0.1:0"))) { request in
            guard request.method == "GET" || request.method == "HEAD" else {
                return HTTPAnswer(status: 405, fields: [], body: HTTPBody(Array("no".utf8)))
            }
            let words = "\(request.method) \(request.path) \(request.host ?? "-") \(request.authorization ?? "-")"
            return HTTPAnswer(
                status: 200, fields: [("Content-Type", "text/plain")],
                body: request.path == "/large" ? large : HTTPBody(Array(words.utf8)))
        }
    }

    /// Says something over a connection of its own and hears all of the answer.
    private func ask(_ text: String) -> String {
        let connection = PlainConnection(to: server.address.port)
        connection.send(Array(text.utf8))
        return String(decoding: connection.readAll(), as: UTF8.self)
    }

    private func get(_ path: String) -> String {
        ask("GET \(path) HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer t\r\n\r\n")
    }

    @Test func aRequestIsAnswered() {
        let answer = get("/a%20b?query=1")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\nGET /a b h Bearer t"))
        #expect(answer.contains("Content-Type: text/plain\r\n") && answer.contains("Connection: close\r\n"))
        #expect(get("/large").utf8.count > 300_000)
    }

    @Test func aHeadHasNoBody() {
        let answer = ask("HEAD /large HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(answer.contains("Content-Length: 300000\r\n") && answer.hasSuffix("\r\n\r\n"))
    }

    /// A request in small pieces is one as well; what comes behind it is not answered.
    @Test func oneAnswerAConnection() {
        let connection = PlainConnection(to: server.address.port)
        for piece in ["GET / HT", "TP/1.1\r\nHo", "st: h\r\n", "\r\nGET /second HTTP/1.1\r\nHost: h\r\n\r\n"] {
            connection.send(Array(piece.utf8))
            usleep(10_000)
        }
        let answer = String(decoding: connection.readAll(), as: UTF8.self)
        #expect(answer.components(separatedBy: "HTTP/1.1 200").count == 2 && !answer.contains("second"))
    }

    @Test func bodiesAreNotTakenIn() {
        let answer = ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000000\r\n\r\nabc")
        #expect(answer.hasPrefix("HTTP/1.1 405"))
    }

    private static let nonsense = [
        "\r\n\r\n\r\n", "GET\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nA: " + String(repeating: "b", count: 1 << 20),
        "GET /" + String(repeating: "x", count: 1 << 20) + " HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET / HTTP/9.9\r\nHost: h\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        String(repeating: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", count: 10_000),
    ]

    @Test(arguments: nonsense.indices) func nonsenseDoesNoHarm(number: Int) {
        _ = ask(Self.nonsense[number])
        #expect(get("/").hasSuffix("GET / h Bearer t"))
    }

    /// Whoever holds connections and does nothing does not keep others from being answered, and is dropped.
    @Test func idleConnectionsAreDropped() {
        let idle = (0..<300).map { _ in PlainConnection(to: server.address.port) }
        for (number, connection) in idle.enumerated() where number % 2 == 0 {
            connection.send(Array("GET / HTTP/1.1\r\nX: ".utf8))
        }
        #expect(get("/").hasSuffix("GET / h Bearer t"))
        #expect(idle[0].readAll().isEmpty)
    }

    @Test func anAddressInUseIsSaid() throws {
        #expect {
            try StatusServer(server.address) { _ in HTTPAnswer(status: 200, fields: [], body: HTTPBody([])) }
        } throws: { error in
            let words = "\(error)"
            return words.contains("\(server.address)") && words.contains("in use")
                && (error as? StatusServerError)?.isEnvironmental == true
        }
    }

    @Test func aStoppedServerIsGone() throws {
        let address = server.address
        #expect(get("/").hasPrefix("HTTP/1.1 200"))
        server.stop()
        let next = try StatusServer(address) { _ in HTTPAnswer(status: 404, fields: [], body: HTTPBody([])) }
        #expect(get("/").hasPrefix("HTTP/1.1 404"))
        next.stop()
    }
}
