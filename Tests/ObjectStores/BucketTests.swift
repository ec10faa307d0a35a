import Foundation
import ObjectStores
import Storage
import TestServers
import TestSupport
import Testing

/// Beside moto, a real server of S3's interface, on loopback. Each test has a bucket of its own.
@Suite struct BucketTests {
    private let client: ObjectClient
    private let bucket: String

    init() throws {
        let made = try TestBucket()
        (client, bucket) = (made.client, made.name)
    }

    private func object(_ key: String) throws -> ObjectAddress { .bucket(try BucketAddress(bucket: bucket, key: key)) }

    private func keys(_ prefix: String = "") throws -> [String] {
        var keys: [String] = []
        try client.list(BucketAddress(bucket: bucket, key: prefix)) { keys.append($0.key) }
        return keys
    }

    @Test func objectsOfAnyKeyAreWrittenListedAndRead() throws {
        let names = [
            "plain.png", "a b/c+d.png", "ä/e\u{301}.png", "日/🌍.png", "a//b.png", "%2F%/100%.png",
            "~'()*!$&;=@,?#[].png",
            "tab\there.png", "quote\"<&>.png", String(repeating: "k", count: 1000) + ".png",
        ]
        for (index, name) in names.enumerated() {
            try client.begin(writing: pattern(index * 100), to: object("p/" + name), contentType: "image/png").wait()
        }
        let listed = try keys("p/")
        #expect(Set(listed.map { Array($0.utf8) }) == Set(names.map { Array(("p/" + $0).utf8) }))
        for (index, name) in names.enumerated() {
            let content = try client.read(object("p/" + name), limit: 10_000)
            #expect(content.bytes == pattern(index * 100), "\(name)")
        }
        #expect(try keys("p/a ") == ["p/a b/c+d.png"] && keys("none/") == [])
    }

    @Test func factsRangesAndTagsAreThoseOfTheObject() throws {
        let address = try object("o")
        try client.write(.bytes(pattern(1000)), to: address, contentType: "a/b")
        let facts = try client.facts(of: address)
        #expect(facts.size == 1000 && facts.lastModified != nil)
        let tag = try #require(facts.tag)
        var listed: [ListedObject] = []
        try client.list(BucketAddress(bucket: bucket, key: "o")) { listed.append($0) }
        #expect(listed == [ListedObject(key: "o", size: 1000, tag: tag)])
        let part = try client.read(address, range: 10..<20, tag: tag, limit: 100)
        #expect(part.bytes == Array(pattern(1000)[10..<20]) && part.size == 1000)
        #expect(failure { try client.read(address, range: 990..<1001, limit: 100) }?.kind == .size)
        #expect(failure { try client.read(address, range: 5000..<5001, limit: 100) }?.kind == .size)
        #expect(
            failure { try client.read(address, limit: 999) }?.description.contains("1000 bytes, where at most 999")
                == true)
        try client.write(.bytes(pattern(999)), to: address, contentType: "a/b")
        #expect(failure { try client.read(address, tag: tag, limit: 9999) }?.kind == .changed)
    }

    @Test func whatIsNotThereIsSaid() throws {
        let missing = failure { try client.read(object("none.png"), limit: 9) }
        #expect(missing?.description == "s3://\(bucket)/none.png: there is no such object (status 404 NoSuchKey)")
        #expect(failure { try client.facts(of: object("none.png")) }?.kind == .absent)
        let elsewhere = try BucketAddress(bucket: "b-of-nobody", key: "")
        #expect(failure { try client.list(elsewhere) { _ in } }?.reason.contains("no such bucket") == true)
    }

    @Test func listingsOfSeveralPagesAreWhole() throws {
        let writes = try (0..<1010).map { number in
            try client.begin(writing: [], to: object("n/\(1000 + number)"), contentType: "a/b")
        }
        for write in writes { try write.wait() }
        #expect(try keys("n/") == (0..<1010).map { "n/\(1000 + $0)" })
    }

    @Test func largeObjectsAreSentInParts() throws {
        let folder = try TemporaryFolder()
        let bytes = pattern((16 << 20) + 12_345)
        let file = try folder.file("large", bytes)
        try client.write(.file(file), to: object("large"), contentType: "a/b")
        let facts = try client.facts(of: object("large"))
        // The tag of an object of parts says how many they were.
        #expect(facts.size == Int64(bytes.count) && facts.tag?.text.hasSuffix("-3\"") == true)
        #expect(try client.read(object("large"), limit: 1 << 30).bytes == bytes)
        #expect(failure { try client.write(.bytes([]), to: object(""), contentType: "a/b") }?.kind == .refused)
        #expect(throws: StorageError.self) {
            try client.write(.file(folder["none"]), to: object("x"), contentType: "a/b")
        }
    }

    @Test func manyReadsShareAFewConnections() throws {
        let port = try ServerProcess.s3().port
        let proxy = try ScriptedServer { ScriptedServer.forward($0, to: port) }
        let client = try ObjectStoresTests.client(of: proxy.address)
        try client.write(.bytes(pattern(100)), to: object("o"), contentType: "a/b")
        let reads = try (0..<200).map { _ in client.begin(reading: try object("o"), limit: 100) }
        for read in reads { #expect(try read.wait().bytes == pattern(100)) }
        #expect(proxy.requestCount == 201 && proxy.connectionCount <= 32)
    }
}
