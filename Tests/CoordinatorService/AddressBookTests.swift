import Cluster
import CoordinatorService
import Testing

@Suite struct AddressBookTests {
    /// Workers come, connect again and again, and go; strangers call. What is kept is what has a session, whatever came before.
    @Test func onlySessionsAreKept() {
        var book = AddressBook<Int>()
        var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 1)
        var given: Set<WorkerAddress> = []
        var now = Instant.start
        for connection in 0..<500 {
            now = Instant(milliseconds: Int64(connection) * 1_000)
            let address = book.address(of: connection)
            #expect(given.insert(address).inserted && book[address] == connection)
            #expect(book.address(of: connection) == address)
            // Every second one speaks another protocol.
            let hello = WorkerMessage.hello(
                version: Wire.version + connection % 2, incarnation: UInt64(connection), name: "w", threads: 1,
                instructionSet: "avx2")
            _ = core.handle(.received(hello, payload: [], from: address), at: now)
            #expect(core.hasSession(address) == (connection % 2 == 0))
            if !core.hasSession(address) { book.forget(connection) }
            #expect((book[address] != nil) == core.hasSession(address))
            _ = core.handle(.tick, at: now)
            book.keep(where: core.hasSession)
            // Those of the last ten seconds are not yet taken for dead.
            #expect(book.count <= 6)
        }
        #expect(book.count > 0)
        _ = core.handle(.finish, at: now)
        book.keep(where: core.hasSession)
        #expect(book.count == 0)
    }
}
