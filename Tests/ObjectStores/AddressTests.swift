import ObjectStores
import Testing

@Suite struct AddressTests {
    @Test(arguments: [
        ("s3://bucket/a/b c+%~ä.png", "s3://bucket/a/b c+%~ä.png"), ("S3://bucket", "s3://bucket/"),
        ("s3://b/a//b/../c", "s3://b/a//b/../c"), ("HTTP://Host:80/x", "http://host/x"),
        ("https://h:8443/a%20b?c=d", "https://h:8443/a%20b?c=d"), ("https://h", "https://h/"),
        ("https://h/a b/ä", "https://h/a%20b/%c3%a4"), ("https://[::1]:5/a", "https://[::1]:5/a"),
    ]) func anAddressHasOneText(given: String, canonical: String) throws {
        let address = try ObjectAddress(given)
        #expect(address.text.utf8.elementsEqual(canonical.utf8), "\(address.text)")
        #expect(try ObjectAddress(address.text) == address)
    }

    @Test(arguments: [
        ("https://me:hush@h/a", "credentials", ".netrc"), ("s3://AKIA:hush@bucket/k", "credentials", "AWS_PROFILE"),
        ("https://h/a?X-Amz-Signature=hush", "credential", "s3://"),
        ("https://h/a?x=1&%74oken=hush", "credential", "s3://"),
        ("gs://bucket/k", "storage.googleapis.com", "s3://"), ("ftp://h/a", "s3://", "https://"),
        ("s3:///key", "no bucket's name", "s3://"), ("s3://b ucket/key", "no bucket's name", "s3://"),
        ("https://h/a#b", "fragment", "%23"), ("https://h/100%.png", "%25", "two digits"),
        ("https://h:99999/", "not a URL", "65535"),
    ]) func whatIsNoAddressIsRefusedWithoutTellingSecrets(given: String, says: String, remedy: String) {
        do {
            _ = try ObjectAddress(given)
            Issue.record("\(given) was taken")
        } catch {
            #expect("\(error)".contains(says) && "\(error)".contains(remedy), "\(error)")
            #expect(!"\(error)".contains("hush"), "\(error)")
        }
    }

    @Test func keysHaveAtMostAsManyBytesAsS3Takes() throws {
        _ = try ObjectAddress("s3://b/" + String(repeating: "k", count: 1024))
        #expect(throws: ObjectAddressError.self) { try ObjectAddress("s3://b/" + String(repeating: "k", count: 1025)) }
        #expect(throws: ObjectAddressError.self) { try ObjectAddress("s3://b/a\0b") }
        #expect(throws: ObjectAddressError.self) {
            try ObjectAddress("https://h/" + String(repeating: "k", count: 5000))
        }
    }

    @Test func onlyWhatBeginsWithASchemeIsAnAddress() {
        for text in ["s3://b", "HTTPS://h", "http://", "gs://b"] { #expect(ObjectAddress.isAddress(text)) }
        for text in ["", "/a/b", "a.png", "c:/x", "://", "file:///a", "ftp://a", "a/b://c", "s3:/b"] {
            #expect(!ObjectAddress.isAddress(text))
        }
    }

    /// The same list means the same files in a folder, in a bucket and on a web server.
    @Test(arguments: [
        ("c.png", "s3://b/lists/c.png", "https://h/lists/c.png"),
        ("./d//e%20 #?+.png", "s3://b/lists/d/e%20 #?+.png", "https://h/lists/d/e%2520%20%23%3F%2B.png"),
        ("../x/ä.png", "s3://b/x/ä.png", "https://h/x/%C3%A4.png"), ("/r/y.png", "s3://b/r/y.png", "https://h/r/y.png"),
        ("s3://other/z", "s3://other/z", "s3://other/z"), ("http://i/z", "http://i/z", "http://i/z"),
    ]) func entriesAreResolvedAgainstTheirList(entry: String, bucket: String, web: String) throws {
        #expect(try ObjectAddress("s3://b/lists/l.csv").resolving(entry) == ObjectAddress(bucket))
        #expect(try ObjectAddress("https://h/lists/l.txt?v=1").resolving(entry) == ObjectAddress(web))
    }

    @Test(arguments: ["../../a", "..", "a/..", "", "/", "a/", "."]) func entriesThatNameNoObjectAreRefused(
        entry: String
    ) throws {
        #expect(throws: ObjectAddressError.self) { try ObjectAddress("s3://b/lists/l.csv").resolving(entry) }
        #expect(throws: ObjectAddressError.self) { try ObjectAddress("https://h/lists/l.csv").resolving(entry) }
    }

    @Test func keysThatDifferInBytesAreTwoObjects() throws {
        #expect(try ObjectAddress("s3://b/\u{E9}") != ObjectAddress("s3://b/e\u{301}"))
        #expect(try ObjectAddress("https://h/a%2Fb").path == "h/a/b")
        #expect(try ObjectAddress("s3://b/p/").isPrefix && ObjectAddress("s3://b").isPrefix)
        #expect(try !ObjectAddress("s3://b/p").isPrefix)
    }
}
