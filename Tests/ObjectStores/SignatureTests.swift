import Foundation
import ObjectStores
import Storage
import Testing

/// Signatures beside those of botocore: `Fixtures/README.md`.
@Suite struct SignatureTests {
    private struct Case: Decodable {
        var method: String
        var host: String
        var key: String
        var query: [[String]]
        var body: String
        var token: String?
        var path: String
        var authorization: String
    }

    @Test func keysAndQueriesAreSignedAsBotocoreDoes() throws {
        let file = try #require(Bundle.module.url(forResource: "Fixtures/signatures", withExtension: "json"))
        let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
        #expect(cases.count == 200)
        for one in cases {
            #expect("/" + PercentEncoding.encode(one.key, keepingSlashes: true) == one.path)
            #expect(PercentEncoding.decode(one.path)?.utf8.dropFirst().elementsEqual(one.key.utf8) == true)
            let credentials = Credentials(
                accessKey: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token: one.token)
            let payload = Digest(of: one.body.utf8)
            var headers = [("x-amz-date", "20260203T040506Z"), ("x-amz-content-sha256", payload.hex)]
            if let token = one.token { headers.append(("x-amz-security-token", token)) }
            let signature = RequestSignature(
                method: one.method, host: one.host, path: one.path, query: one.query.map { ($0[0], $0[1]) },
                headers: headers, payload: payload)
            #expect(
                signature.authorization(credentials, region: "eu-west-1", stamp: "20260203T040506Z")
                    == one.authorization,
                "\(one.method) \(one.key) \(one.query)")
        }
    }

    @Test func aTimeIsStampedInUniversalTime() {
        #expect(RequestSignature.stamp(Date(timeIntervalSince1970: 1_770_091_506)) == "20260203T040506Z")
    }

    /// What is signed has to be what is sent.
    @Test func theRequestCarriesWhatIsSigned() throws {
        var settings = try ObjectStoreSettings(
            EnvironmentVariables([
                "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "t/k",
                "HOME": "/nonexistent",
            ]))
        var request = ObjectRequest(.get, try ObjectAddress("s3://bucket/a b/+.png"))
        (request.query, request.range) = ([("b", "ä/"), ("a", "")], 5..<9)
        let prepared = PreparedRequest(request, settings, at: Date(timeIntervalSince1970: 1_770_091_506))
        #expect(prepared.url == "https://bucket.s3.us-east-1.amazonaws.com/a%20b/%2B.png?a=&b=%C3%A4%2F")
        let headers = Dictionary(uniqueKeysWithValues: prepared.headers.map { ($0.name, $0.value) })
        #expect(headers["range"] == "bytes=5-8" && headers["x-amz-security-token"] == "t/k")
        #expect(headers["x-amz-date"] == "20260203T040506Z")
        #expect(headers["authorization"]?.contains("host;x-amz-content-sha256;x-amz-date;x-amz-security-token") == true)
        // Of names that a certificate of Amazon's does not cover, and of servers of one's own, the bucket is in the path.
        let dotted = ObjectRequest(.get, try ObjectAddress("s3://my.bucket/k"))
        #expect(PreparedRequest(dotted, settings, at: Date()).url == "https://s3.us-east-1.amazonaws.com/my.bucket/k")
        settings.endpoint = try WebAddress("http://LOCALHOST:9000/store/")
        #expect(PreparedRequest(dotted, settings, at: Date()).url == "http://localhost:9000/store/my.bucket/k")
        settings.credentials = nil
        #expect(PreparedRequest(dotted, settings, at: Date()).headers.isEmpty)
    }
}
