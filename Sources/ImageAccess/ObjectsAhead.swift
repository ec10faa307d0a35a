import ObjectStores
import Storage

/// Objects that are read before they are asked for, so that threads that compute need not wait for a server.
///
/// Memory is bounded: there are at most `most` reads that were begun and not taken, each of at most `largest` bytes, and no more than would
/// stay within `budget` if each were as large as the largest object so far.
final class ObjectsAhead: Sendable {
    private struct State {
        /// What is expected and not begun, in reverse: the next one stands last.
        var expected: [StoredObject] = []
        /// Reads that were begun and not taken.
        var begun: [StoredObject: PendingRead] = [:]
        /// Of the objects so far, in bytes. At first a guess.
        var largestSeen = 1 << 20
    }

    private static let most = 32
    private static let budget = 128 << 20
    /// Larger objects are read when they are asked for.
    static let largest = 16 << 20
    /// More are not remembered: a shard has fewer images.
    private static let longest = 1 << 16

    private let state = Locked(State())

    /// Says what will be asked for next, behind what was said before, in this order.
    func expect(_ objects: [StoredObject], _ client: ObjectClient) {
        state.withLock { state in
            guard state.expected.count + objects.count <= Self.longest else { return }
            state.expected.insert(contentsOf: objects.reversed(), at: 0)
            begin(&state, client)
        }
    }

    /// Gives up what was expected and not asked for.
    func forget() { state.withLock { ($0.expected, $0.begun) = ([], [:]) } }

    /// The read of an object, if it was begun; it is then nobody else's.
    func take(_ object: StoredObject, _ client: ObjectClient) -> PendingRead? {
        state.withLock { state in
            let read = state.begun.removeValue(forKey: object)
            // Who asks for it before its turn reads it now. Its place is near the end, where the next ones stand.
            if read == nil, let place = state.expected.lastIndex(of: object) { state.expected.remove(at: place) }
            begin(&state, client)
            return read
        }
    }

    /// Takes account of an object's size.
    func saw(_ count: Int) { state.withLock { $0.largestSeen = max($0.largestSeen, min(count, Self.largest)) } }

    private func begin(_ state: inout State, _ client: ObjectClient) {
        let room = max(2, min(Self.most, Self.budget / state.largestSeen))
        while state.begun.count < room, let object = state.expected.popLast() {
            // What is no address is said by who asks for it.
            guard state.begun[object] == nil, let address = try? ObjectAddress(object.address) else { continue }
            state.begun[object] = client.begin(
                reading: address, tag: object.version.flatMap { EntityTag($0) }, limit: Self.largest)
        }
    }
}
