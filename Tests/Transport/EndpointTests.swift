import Testing
import Transport

@Suite struct EndpointTests {
    @Test(arguments: [
        "tcp://127.0.0.1:5570", "tcp://*:0", "tcp://[::1]:65535", "tcp://node-3.plant.example:80", "tcp://eth0:5570",
        "tcp://localhost:1",
    ])
    func readsAndWritesTheSame(text: String) throws { #expect(try Endpoint(text).description == text) }

    @Test(arguments: [
        "", "127.0.0.1:5570", "udp://127.0.0.1:1", "tcp://", "tcp://127.0.0.1", "tcp://:5570", "tcp://127.0.0.1:",
        "tcp://127.0.0.1:65536", "tcp://127.0.0.1:-1", "tcp://127.0.0.1:+1", "tcp://127.0.0.1: 1", "tcp://127.0.0.1:1 ",
        "tcp://300.1.1.1:1", "tcp://1.2.3:1", "tcp://::1:5570", "tcp://[::1:5570", "tcp://[zz]:1", "tcp://a b:1",
        "tcp://a..b:1", "tcp://-a:1", "tcp://a;tcp://b:1", "tcp://a:1/path", "tcp://user@a:1", "tcp://a:!",
        "tcp://a:1,b:2",
    ])
    func refusesAllElse(text: String) { #expect(throws: TransportError.self) { try Endpoint(text) } }

    @Test func theErrorShowsTheTextAndTheForm() {
        #expect {
            try Endpoint("tcp://plant:x")
        } throws: {
            "\($0)".contains("tcp://plant:x") && "\($0)".contains("tcp://HOST:PORT")
        }
    }

    @Test func knowsWhatOnlyThisMachineReaches() throws {
        for text in [
            "tcp://127.0.0.1:1", "tcp://127.8.0.1:1", "tcp://[::1]:1", "tcp://[0:0:0:0:0:0:0:1]:1", "tcp://LocalHost:1",
        ] {
            #expect(try Endpoint(text).isLoopback, "\(text)")
        }
        for text in [
            "tcp://*:1", "tcp://0.0.0.0:1", "tcp://[::]:1", "tcp://10.0.0.1:1", "tcp://localhost.example.org:1",
        ] {
            #expect(try !Endpoint(text).isLoopback, "\(text)")
        }
    }

    @Test func aNameNobodyKnowsIsNamed() {
        #expect {
            try Endpoint("tcp://no-such-host.invalid:1").resolved()
        } throws: {
            "\($0)".contains("no-such-host.invalid")
        }
    }
}
