import Foundation
import LiveStatus
import Testing

@Suite struct StatusAccessTests {
    private let open = StatusAccess(token: nil)
    private let closed = StatusAccess(token: "correct-horse-battery")

    @Test(arguments: [
        "127.0.0.1", "127.0.0.1:8080", "localhost:80", "LocalHost", "[::1]:8080", "[fe80::1]", "10.0.0.5:65535",
    ])
    func addressesAreOwnNames(host: String) {
        #expect(open.verdict(method: "GET", host: host, authorization: nil) == .allowed)
    }

    @Test(arguments: [
        "evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example:80", "127.0.0.1:x",
        "[::1", "[evil]:80",
        "", "127.0.0.1:8080:1", "2130706433", "0x7f.1", "[::1]x", "127.1", "a@127.0.0.1", "127.0.0.1 ",
    ])
    func otherNamesAreForeign(host: String) {
        #expect(open.verdict(method: "GET", host: host, authorization: nil) == .foreignHost)
    }

    @Test func aRequestWithoutHostIsForeign() {
        #expect(open.verdict(method: "GET", host: nil, authorization: nil) == .foreignHost)
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "", "PATCH"])
    func onlyReadingIsAllowed(method: String) {
        for access in [open, closed] {
            #expect(
                access.verdict(method: method, host: "localhost", authorization: "Bearer correct-horse-battery")
                    == .wrongMethod)
        }
    }

    @Test func theTokenOpens() {
        let basic = Data("anybody:correct-horse-battery".utf8).base64EncodedString()
        for field in ["Bearer correct-horse-battery", "bearer correct-horse-battery", "Basic \(basic)"] {
            #expect(closed.verdict(method: "HEAD", host: "status.example", authorization: field) == .allowed)
        }
    }

    @Test func nothingElseOpens() {
        let pairs = [
            "anybody:correct-horse-batter", ":", "correct-horse-battery", "correct-horse-battery:",
            "x:correct-horse-battery ",
        ]
        let fields =
            pairs.map { "Basic " + Data($0.utf8).base64EncodedString() } + [
                "Bearer", "Bearer ", "Bearer correct-horse-battery2", "correct-horse-battery", "Basic !!!!",
                "Digest correct-horse-battery",
                "Bearer " + String(repeating: "x", count: 1 << 20),
            ]
        for field in fields {
            #expect(
                closed.verdict(method: "GET", host: "localhost", authorization: field) == .tokenMissing,
                "\(field.prefix(80))")
        }
        #expect(closed.verdict(method: "GET", host: "localhost", authorization: nil) == .tokenMissing)
    }

    @Test(arguments: ["/thumbnails/7.jpg", "/thumbnails/0.jpg"]) func thumbnailsHaveAddresses(path: String) throws {
        guard case .thumbnail(let image)? = StatusRoute(path: path) else { throw Missing() }
        #expect(StatusRoute.path(ofThumbnail: image) == path)
    }

    private struct Missing: Error {}

    @Test(arguments: [
        "", "//", "/index.html", "/thumbnails/", "/thumbnails/-1.jpg", "/thumbnails/07.jpg", "/thumbnails/../1.jpg",
        "/thumbnails/99999999999999999999.jpg", "/thumbnails/1.jpg/", "/api/status/", "/metrics?x", "http://evil/",
        "/thumbnails/+1.jpg",
    ])
    func nothingElseHasOne(path: String) { #expect(StatusRoute(path: path) == nil) }
}
