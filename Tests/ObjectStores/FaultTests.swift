import Foundation
import ObjectStores
import Storage
import TestServers
import Testing

/// Servers that are slow, busy, broken or lie.
@Suite struct FaultTests {
    private typealias Server = ScriptedServer

    /// Reads an object of a server that answers so.
    private func read(
        range: Range<Int64>? = nil, tag: EntityTag? = nil, limit: Int = 1000, timeout: Double = 5, stall: Int = 30,
        _ answer: @escaping @Sendable (ScriptedServer.Request) -> [ScriptedServer.Step]
    ) throws -> (content: ObjectContent, requests: Int) {
        let server = try ScriptedServer(answer)
        let client = try client(of: server.address, timeout: timeout, stall: stall)
        let content = try client.read(ObjectAddress("s3://b/k"), range: range, tag: tag, limit: limit)
        return (content, server.requestCount)
    }

    /// Whatever goes wrong at first: the connection, the server, or the answer on its way.
    @Test(arguments: [
        Server.reply(503), Server.reply(429),
        Server.reply(500, [:], Array("<Error><Code>InternalError</Code></Error>".utf8)),
        Server.reply(400, [:], Array("<Error><Code>RequestTimeout</Code></Error>".utf8)), [.close], [.reset],
        [.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort"), .close],
        [.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort"), .reset],
        [.send("HTTP/1.1 200 OK\r\ncont"), .close],
        [.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nsho"), .close],
    ]) func whatIsOverInAMomentIsTriedAgain(first: [ScriptedServer.Step]) throws {
        let (content, requests) = try read { request in
            request.number <= 2 ? first : Server.reply(200, ["etag": "\"t\""], pattern(100))
        }
        #expect(content.bytes == pattern(100) && requests == 3, "\(first)")
    }

    @Test(arguments: [403, 404, 410, 400, 405]) func whatStaysIsNotTriedAgain(status: Int) throws {
        let server = try ScriptedServer { _ in Server.reply(status) }
        let client = try client(of: server.address)
        #expect(failure { try client.read(ObjectAddress("s3://b/k"), limit: 9) } != nil)
        #expect(server.requestCount == 1)
    }

    @Test func aServerThatAsksForAPauseGetsIt() throws {
        let begun = ContinuousClock.now
        let (_, requests) = try read { request in
            request.number == 1 ? Server.reply(503, ["retry-after": "1"]) : Server.reply()
        }
        #expect(requests == 2 && ContinuousClock.now - begun >= .seconds(1))
    }

    @Test func aTimeoutEndsTheWait() throws {
        let error = failure { try read(timeout: 0.3) { _ in Server.reply(503) } }
        #expect(error?.kind == .unreachable && error?.isEnvironmental == true)
        #expect(
            error?.reason.contains("status 503") == true && error?.reason.contains("tried") == true,
            "\(error?.reason ?? "")")
        #expect(failure { try read { _ in Server.reply(503, ["retry-after": "3600"]) } }?.kind == .unreachable)
    }

    @Test func aServerThatIsNotThereIsWaitedFor() throws {
        // A port that was free a moment ago.
        let server = try ScriptedServer { _ in [] }
        server.stop()
        let port = server.port
        let gone = try client(of: "http://127.0.0.1:\(port)", timeout: 0.3)
        let error = failure { try gone.read(ObjectAddress("s3://b/k"), limit: 9) }
        #expect(
            error?.kind == .unreachable && error?.reason.contains("no connection") == true, "\(error?.reason ?? "")")
    }

    @Test func anAnswerThatStallsIsGivenUpAndTriedAgain() throws {
        let (content, requests) = try read(timeout: 10, stall: 1) { request in
            request.number == 1
                ? [.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nslow"), .pause(4)] : Server.reply(200, [:], [7])
        }
        #expect(content.bytes == [7] && requests == 2)
    }

    @Test func moreThanTheLimitIsNotTakenIn() throws {
        let announced = failure {
            try read { _ in
                [
                    .send(
                        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\n"
                            + String(repeating: "x", count: 5000)), .pause(1),
                ]
            }
        }
        #expect(announced?.reason == "the object is too large: 99999999999999 bytes, where at most 1000 are read")
        let endless = failure {
            try read { _ in [.send("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 100_000)), .close] }
        }
        #expect(endless?.kind == .size)
        let error = failure {
            try read { _ in [.send("HTTP/1.1 404 No\r\n\r\n" + String(repeating: "x", count: 1_000_000)), .close] }
        }
        #expect(error?.kind == .absent)
    }

    @Test func aServerWithoutRangesIsReadUpToTheRange() throws {
        let (content, _) = try read(range: 100..<200) { request in
            Server.reply(200, [:], pattern(request.headers["range"] == "bytes=100-199" ? 100_000 : 0))
        }
        #expect(content.bytes == Array(pattern(200)[100...]))
    }

    @Test func anotherRangeThanWasAskedForIsNotTaken() {
        func answer(_ range: String, _ count: Int) -> ObjectStoreError? {
            failure { try read(range: 100..<200) { _ in Server.reply(206, ["content-range": range], pattern(count)) } }
        }
        #expect(answer("bytes 0-49/1000", 50)?.kind == .size)
        #expect(answer("bytes 150-249/1000", 100)?.kind == .refused)
        #expect(answer("nonsense", 100)?.kind == .refused)
        #expect(answer("bytes 100-149/150", 50)?.reason.contains("150 bytes") == true)
        #expect(failure { try read(range: 100..<200) { _ in Server.reply(416) } }?.kind == .size)
    }

    @Test func anObjectThatHasChangedIsNotTaken() throws {
        let tag = EntityTag("\"old\"")
        #expect(
            failure { try read(tag: tag) { _ in Server.reply(200, ["etag": "\"new\""]) } }?.reason.contains("changed")
                == true)
        #expect(failure { try read(tag: tag) { _ in Server.reply(412) } }?.kind == .changed)
        let (content, _) = try read(tag: tag) { request in
            Server.reply(200, ["etag": request.headers["if-match"] ?? ""], [1])
        }
        #expect(content.tag == tag)
        // No server finds a weak tag equal.
        let weak = EntityTag("W/\"old\"")
        _ = try read(tag: weak) { request in
            Server.reply(request.headers["if-match"] == nil ? 200 : 412, ["etag": "W/\"old\""])
        }
    }

    @Test func deniedAccessNamesWhatWasLookedFor() throws {
        let server = try ScriptedServer { _ in
            Server.reply(403, [:], Array("<Error><Code>AccessDenied</Code><Message>No.</Message></Error>".utf8))
        }
        let address = try ObjectAddress("s3://b/k")
        let signed = failure { try client(of: server.address).read(address, limit: 9) }
        #expect(
            signed?.reason.contains("the credentials of AWS_ACCESS_KEY_ID (status 403 AccessDenied): No.") == true,
            "\(signed?.reason ?? "")")
        let anonymous = try client(
            of: server.address, variables: ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""])
        let unsigned = failure { try anonymous.read(address, limit: 9) }
        #expect(
            unsigned?.reason.contains("/nonexistent/.aws/credentials") == true
                && unsigned?.reason.contains("set AWS_ACCESS_KEY_ID") == true)
        #expect(![signed, unsigned].contains { $0?.description.contains("hush") != false })
    }

    @Test(arguments: [
        Server.reply(301, ["x-amz-bucket-region": "eu-west-3"]),
        Server.reply(
            400, [:], Array("<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>".utf8)),
    ]) func aBucketOfAnotherRegionIsNamed(answer: [ScriptedServer.Step]) {
        #expect(failure { try read { _ in answer } }?.reason.contains("set AWS_REGION=eu-west-3") == true)
    }

    /// A signature is for one server; whoever it is led on to could use it.
    @Test func signedRequestsAreNotLedOn() throws {
        let other = try ScriptedServer { _ in Server.reply(200, [:], [1]) }
        let address = other.address
        #expect(failure { try read { _ in Server.reply(307, ["location": address + "/b/k"]) } } != nil)
        #expect(other.requestCount == 0)
    }

    @Test func redirectsOfWebServersEnd() throws {
        let server = try ScriptedServer { request in Server.reply(302, ["location": request.target + "x"]) }
        let error = failure { try client().read(ObjectAddress(server.address + "/a"), limit: 9) }
        #expect(error?.reason.contains("again and again") == true, "\(error?.reason ?? "")")
        let elsewhere = try ScriptedServer { _ in Server.reply(302, ["location": "file:///etc/passwd"]) }
        #expect(failure { try client().read(ObjectAddress(elsewhere.address + "/a"), limit: 9) }?.kind == .refused)
    }

    @Test func whatIsNoWebServerIsSaid() throws {
        let error = failure { try read { _ in [.send("SSH-2.0-OpenSSH_9.2\r\n"), .close] } }
        #expect(error?.kind == .refused, "\(error?.reason ?? "")")
    }

    @Test func listingsThatDoNotEndAreEnded() throws {
        let empty =
            "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>TOKEN</NextContinuationToken></ListBucketResult>"
        let same = try ScriptedServer { _ in Server.reply(200, [:], Array(empty.utf8)) }
        let prefix = try BucketAddress(bucket: "b", key: "p/")
        #expect(
            failure { try client(of: same.address).list(prefix) { _ in } }?.reason.contains("come to an end") == true)
        #expect(same.requestCount == 2)
        let new = try ScriptedServer { request in
            Server.reply(200, [:], Array(empty.replacing("TOKEN", with: "\(request.number)").utf8))
        }
        #expect(failure { try client(of: new.address).list(prefix) { _ in } }?.kind == .refused)
        #expect(new.requestCount == 101)
        let foreign = try ScriptedServer { _ in
            Server.reply(
                200, [:],
                Array("<ListBucketResult><Contents><Key>q/a</Key><Size>1</Size></Contents></ListBucketResult>".utf8))
        }
        #expect(failure { try client(of: foreign.address).list(prefix) { _ in } }?.reason.contains("'q/a'") == true)
    }

    /// Amazon answers 200 before it knows.
    @Test func partsOfAnUploadThatFailsAreRemoved() throws {
        let removed = Locked(0)
        let server = try ScriptedServer { request in
            switch (request.method, request.target) {
            case ("POST", "/b/k?uploads="):
                Server.reply(
                    200, [:],
                    Array(
                        "<InitiateMultipartUploadResult><UploadId>u/1</UploadId></InitiateMultipartUploadResult>".utf8))
            case ("PUT", _): Server.reply(200, ["etag": "\"\(request.body.count)\""])
            case ("POST", "/b/k?uploadId=u%2F1"):
                Server.reply(200, [:], Array("<Error><Code>InternalError</Code></Error>".utf8))
            case ("DELETE", "/b/k?uploadId=u%2F1"):
                removed.withLock {
                    $0 += 1
                    return Server.reply(204)
                }
            default: Server.reply(400)
            }
        }
        let error = failure {
            try client(of: server.address).write(
                .bytes(pattern(17 << 20)), to: ObjectAddress("s3://b/k"), contentType: "a/b")
        }
        #expect(error?.reason.contains("InternalError") == true, "\(error?.reason ?? "")")
        #expect(removed.withLock { $0 } == 1)
    }

    @Test func aClientThatIsGoneLetsNobodyWait() throws {
        let server = try ScriptedServer { _ in [.pause(3)] }
        var pending: PendingRead?
        do { pending = try client(of: server.address).begin(reading: ObjectAddress("s3://b/k"), limit: 9) }
        #expect(failure { try pending?.wait() }?.reason.contains("ending") == true)
    }

    @Test func whoIsWaitedForIsSaid() throws {
        let said = Locked<[String]>([])
        let server = try ScriptedServer { request in Server.reply(request.number < 5 ? 503 : 200) }
        let client = try client(of: server.address) { text in said.withLock { $0.append(text) } }
        _ = try client.read(ObjectAddress("s3://b/k"), limit: 9)
        let texts = said.withLock { $0 }
        #expect((1...4).contains(texts.count) && texts.allSatisfy { $0.hasPrefix("s3://b/k: the server is busy") })
    }
}
