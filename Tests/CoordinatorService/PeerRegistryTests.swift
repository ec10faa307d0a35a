import Cluster
import CoordinatorService
import Testing

@Suite struct PeerRegistryTests {
    /// Workers come, connect again and again, and go; strangers call. What is kept is what has a session, whatever came before.
    @Test func onlySessionsAreKept() {
        var registry = PeerRegistry<Int>()
        var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 1)
        var given: Set<WorkerAddress> = []
        var now = Instant.start
        for connection in 0..<500 {
            now = Instant(milliseconds: Int64(connection) * 1_000)
            let address = registry.address(of: connection)
            #expect(given.insert(address).inserted && registry[address] == connection)
            #expect(registry.address(of: connection) == address)
            // Every second one speaks another protocol.
            let hello = WorkerMessage.hello(
                version: Wire.version + connection % 2, incarnation: UInt64(connection), name: "w", threads: 1,
                instructionSet: "avx2")
            _ = core.handle(.received(hello, payload: [], from: address), at: now)
            #expect(core.hasSession(address) == (connection % 2 == 0))
            if !core.hasSession(address) { registry.forget(connection) }
            #expect((registry[address] != nil) == core.hasSession(address))
            _ = core.handle(.tick, at: now)
            registry.keep(where: core.hasSession)
            // Those of the last ten seconds are not yet taken for dead.
            #expect(registry.count <= 6)
        }
        #expect(registry.count > 0)
        _ = core.handle(.finish, at: now)
        registry.keep(where: core.hasSession)
        #expect(registry.count == 0)
    }
}
