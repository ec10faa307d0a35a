import Foundation
import ObjectStores
import TestServers
import TestSupport
import Testing

/// Beside nginx, on loopback.
@Suite struct WebServerTests {
    private static let folder = Result { () throws -> TemporaryFolder in
        let folder = try TemporaryFolder()
        try folder.write(pattern(5000), to: "images/a b/ä+%.png")
        try folder.write("text", to: "private/list.txt")
        try folder.write([], to: "empty")
        return folder
    }
    private static let server = Result { try ServerProcess.web(folder.get().path) }
    private let server: ServerProcess

    init() throws { server = try Self.server.get() }

    @Test func filesAreReadWholeAndInRanges() throws {
        let client = try client()
        let list = try ObjectAddress(server.address + "/images/list.txt")
        let address = try list.resolving("a b/ä+%.png")
        let content = try client.read(address, limit: 5000)
        #expect(content.bytes == pattern(5000) && content.size == 5000)
        let facts = try client.facts(of: address)
        #expect(facts.size == 5000 && facts.tag == content.tag && facts.tag != nil && facts.lastModified != nil)
        let part = try client.read(address, range: 4990..<5000, tag: facts.tag, limit: 10)
        #expect(part.bytes == Array(pattern(5000)[4990...]) && part.size == 5000)
        #expect(failure { try client.read(address, range: 4990..<5001, limit: 11) }?.kind == .size)
        #expect(failure { try client.read(address, tag: EntityTag("\"other\""), limit: 5000) }?.kind == .changed)
        #expect(try client.read(ObjectAddress(server.address + "/empty"), limit: 5000).bytes == [])
        #expect(failure { try client.read(list, limit: 1) }?.reason == "there is no such object (status 404)")
    }

    @Test func certificatesHaveToBeTrusted() throws {
        let address = try ObjectAddress(server.encryptedAddress + "/images/a b/ä+%25.png")
        let trusting = try client(variables: ["SSL_CERT_FILE": server.certificate])
        #expect(try trusting.read(address, limit: 5000).bytes == pattern(5000))
        let wary = failure { try client().read(address, limit: 5000) }
        #expect(wary?.kind == .refused && wary?.reason.contains("AWS_CA_BUNDLE") == true, "\(wary?.reason ?? "")")
    }

    @Test func redirectsAreFollowed() throws {
        let content = try client().read(ObjectAddress(server.address + "/moved/images/a%20b/ä+%25.png"), limit: 5000)
        #expect(content.bytes == pattern(5000))
    }

    @Test func passwordsAreTakenFromTheFileForThem() throws {
        let address = try ObjectAddress(server.address + "/private/list.txt")
        let denied = failure { try client(variables: ["NETRC": "/nonexistent"]).read(address, limit: 9) }
        #expect(denied?.kind == .denied && denied?.reason.contains(".netrc") == true)
        let folder = try TemporaryFolder()
        let file = try folder.file("netrc", "machine 127.0.0.1 login ali password \"open sesame\"\n".utf8)
        #expect(try client(variables: ["NETRC": file]).read(address, limit: 9).bytes == Array("text".utf8))
    }
}
