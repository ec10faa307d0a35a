import ObjectStores
import Testing

@Suite struct AnswerTests {
    private static func listing(_ content: String) -> [UInt8] {
        Array("<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\">\(content)</ListBucketResult>".utf8)
    }

    @Test func aPageHasItsObjectsAndHowToGoOn() throws {
        let page = try ListingPage(
            Self.listing(
                "<IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;1</NextContinuationToken><Contents><Key>a%2Bb+c.png</Key>"
                    + "<ETag>&quot;e&quot;</ETag><Size>7</Size><Owner><ID>o</ID></Owner></Contents><EncodingType>url</EncodingType>"
            ))
        #expect(page.objects == [ListedObject(key: "a+b c.png", size: 7, tag: EntityTag("\"e\""))])
        #expect(page.continuation == "t&1")
        let bare = try ListingPage(Self.listing("<Contents><Key>a%2B</Key><Size>0</Size></Contents>"))
        #expect(bare.objects == [ListedObject(key: "a%2B", size: 0, tag: nil)] && bare.continuation == nil)
    }

    @Test(arguments: [
        (
            "<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><ListBucketResult>&b;</ListBucketResult>",
            "document type"
        ),
        ("<!DOCTYPE l SYSTEM \"file:///etc/passwd\"><ListBucketResult/>", "document type"),
        ("<ListBucketResult>" + String(repeating: "<a>", count: 100_000), "deep"),
        ("<ListBucketResult><Contents><Key>" + String(repeating: "k", count: 20_000), "16384"),
        ("<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>", "no size"),
        ("<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>", "no size"),
        (
            "<ListBucketResult><Contents><Key>a</Key><Size>9999999999999999999</Size></Contents></ListBucketResult>",
            "no size"
        ),
        ("<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>", "without a key"),
        (
            "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>%ff</Key><Size>1</Size></Contents></ListBucketResult>",
            "UTF-8"
        ),
        (
            "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>a%00</Key><Size>1</Size></Contents></ListBucketResult>",
            "UTF-8"
        ),
        ("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", "more follows"),
        ("<html><body>Sign in</body></html>", "no listing"), ("", "no element"), ("{}", "well-formed"),
        ("<ListBucketResult>", "no element"),
    ]) func listingsThatMakeNoSenseAreRefused(text: String, says: String) {
        do {
            _ = try ListingPage(Array(text.utf8))
            Issue.record("it was taken")
        } catch {
            #expect("\(error)".contains(says), "\(error)")
        }
    }

    @Test func aPageHasAtMostAsManyObjectsAsWereAskedFor() {
        let one = "<Contents><Key>a</Key><Size>1</Size></Contents>"
        #expect(throws: Never.self) { try ListingPage(Self.listing(String(repeating: one, count: 1000))) }
        #expect(throws: (any Error).self) { try ListingPage(Self.listing(String(repeating: one, count: 1001))) }
    }

    @Test func aRefusalIsOneShortLine() {
        let refusal = ServerRefusal(
            Array("<Error><Code>No\nWay</Code><Message>\(String(repeating: "x", count: 5000))</Message></Error>".utf8))
        #expect(refusal.code == "No Way" && refusal.message.count == 200)
        #expect(ServerRefusal(Array("<html>".utf8)) == .none && ServerRefusal([]) == .none)
    }

    @Test func rangesAreReadWithoutOverflow() {
        #expect(ContentRange("bytes 5-9/10")?.bytes == 5..<10)
        #expect(ContentRange("Bytes 0-0/*")?.total == nil)
        for text in [
            "bytes 9-5/10", "bytes 0-10/10", "bytes -1/10", "bytes 0-9223372036854775807/*", "bytes 0-1/2/3", "0-1/2",
            "bytes */9",
            "bytes 0-1", "bytes +0-1/2", "",
        ] { #expect(ContentRange(text) == nil, "\(text)") }
    }

    @Test func tagsAreOfOneLineAndInQuotes() {
        #expect(EntityTag(" \"a\"")?.text == "\"a\"" && EntityTag("a")?.text == "\"a\"")
        #expect(EntityTag("W/\"a\"")?.isWeak == true && EntityTag("\"a\"")?.isWeak == false)
        #expect(
            EntityTag("\"a\"\r\nx: y") == nil && EntityTag("") == nil
                && EntityTag(String(repeating: "a", count: 300)) == nil)
    }

    /// In whatever pieces the bytes come.
    @Test(arguments: [1, 3, 7, 100]) func whatIsWantedOfAnAnswerIsKept(piece: Int) {
        let all = (0..<100).map { UInt8($0) }
        func kept(_ body: AnswerBody) -> AnswerBody {
            var body = body
            for start in stride(from: 0, to: all.count, by: piece) {
                guard all[start..<min(start + piece, all.count)].withUnsafeBytes({ body.take($0) }) else { break }
            }
            return body
        }
        #expect(kept(AnswerBody(limit: 100)).bytes == all && kept(AnswerBody(limit: 100)).end == nil)
        #expect(kept(AnswerBody(limit: 99)).end == .tooLarge && kept(AnswerBody(limit: 99)).bytes.count <= 99)
        #expect(kept(AnswerBody(range: 10..<20, start: 0)).bytes == Array(all[10..<20]))
        #expect(kept(AnswerBody(range: 10..<20, start: 5)).bytes == Array(all[5..<15]))
        #expect(kept(AnswerBody(range: 10..<20, start: 0)).end == .enough)
        #expect(kept(AnswerBody(range: 95..<120, start: 0)).bytes == Array(all[95...]))
    }

    @Test func serversAreWaitedForLongerEachTimeUntilTheTimeout() {
        let policy = RetryPolicy(timeout: 60)
        var elapsed = 0.0
        var pauses: [Double] = []
        while let pause = policy.pause(tries: pauses.count + 1, elapsed: elapsed, asked: nil, random: 1) {
            pauses.append(pause)
            elapsed += pause
        }
        #expect(pauses.starts(with: [0.1, 0.2, 0.4, 0.8]) && pauses.max() == 10 && elapsed <= 60 && elapsed > 45)
        #expect(policy.pause(tries: 1, elapsed: 0, asked: 30, random: 0) == 30)
        #expect(policy.pause(tries: 1, elapsed: 0, asked: 61, random: 0) == nil)
        #expect(policy.pause(tries: 1, elapsed: 0, asked: nil, random: 0) == 0.05)
        #expect(policy.pause(tries: .max, elapsed: 0, asked: nil, random: 1) == 10)
        #expect(RetryPolicy(timeout: 0).pause(tries: 1, elapsed: 0, asked: nil, random: 0) == nil)
    }
}
