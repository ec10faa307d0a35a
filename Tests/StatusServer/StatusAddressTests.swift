import StatusServer
import Testing

@Suite struct StatusAddressTests {
    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1:8080", true), ("localhost:0", "127.0.0.1:0", true), ("[::1]:9", "[::1]:9", true),
        ("0.0.0.0:80", "0.0.0.0:80", false), ("[::]:80", "[::]:80", false), ("127.9.9.9:1", "127.9.9.9:1", true),
        ("[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1", true), ("[::ffff:10.0.0.1]:1", "[::ffff:10.0.0.1]:1", false),
        ("10.0.0.1:65535", "10.0.0.1:65535", false),
    ])
    func addressesAreRead(_ text: String, _ shown: String, _ isLoopback: Bool) throws {
        let address = try #require(StatusAddress(text))
        #expect(address.description == shown && address.isLoopback == isLoopback)
        #expect(StatusAddress(address.description) == address)
    }

    @Test(arguments: [
        "", ":", "8080", "127.0.0.1", "127.0.0.1:", ":8080", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1",
        "::1:80", "[::1]",
        "[127.0.0.1]:80", "example.com:80", "127.0.0.1:8080/", "http://127.0.0.1:80", "127.1:80", "[::1]:٣",
        "[fe80::1%lo]:80",
    ])
    func othersAreNot(_ text: String) { #expect(StatusAddress(text) == nil) }
}
