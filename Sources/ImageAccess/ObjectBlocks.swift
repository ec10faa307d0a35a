import ObjectStores
import Storage

/// Objects in blocks of equal size, of which those used last are kept: an archive in a bucket is read in pieces that are larger than most of
/// its members, and ahead where it is read in order.
final class ObjectBlocks: Sendable {
    private struct Key: Hashable {
        let object: StoredObject
        let index: Int64
    }

    private struct State {
        var reads: [Key: PendingRead] = [:]
        /// Keys of `reads`, the one used last at the end.
        var order: [Key] = []
    }

    static let blockBytes: Int64 = 1 << 18
    /// 32 MiB of blocks.
    private static let most = 128
    /// How many blocks are read ahead.
    private static let ahead: Int64 = 8

    private let state = Locked(State())

    /// The read of a block, begun now or before.
    /// - Parameters:
    ///   - index: of the block.
    ///   - size: of the object.
    func block(
        _ index: Int64, of object: StoredObject, size: Int64, _ address: ObjectAddress, _ client: ObjectClient
    ) -> PendingRead {
        state.withLock { state in
            let isInOrder = index == 0 || state.reads[Key(object: object, index: index - 1)] != nil
            let last = (size - 1) / Self.blockBytes
            for next in index...(isInOrder ? min(index + Self.ahead, max(last, index)) : index) where next > index {
                let key = Key(object: object, index: next)
                if state.reads[key] == nil { begin(key, size, address, client, &state) }
            }
            let key = Key(object: object, index: index)
            if let read = state.reads[key] {
                if let place = state.order.lastIndex(of: key) { state.order.append(state.order.remove(at: place)) }
                return read
            }
            return begin(key, size, address, client, &state)
        }
    }

    /// Forgets a block whose read failed, so that it is tried again when it is asked for again.
    func forget(_ object: StoredObject) {
        state.withLock { state in
            state.order.removeAll { $0.object == object }
            state.reads = state.reads.filter { $0.key.object != object }
        }
    }

    @discardableResult
    private func begin(
        _ key: Key, _ size: Int64, _ address: ObjectAddress, _ client: ObjectClient, _ state: inout State
    ) -> PendingRead {
        let start = key.index * Self.blockBytes
        let read = client.begin(
            reading: address, range: start..<min(start + Self.blockBytes, size),
            tag: key.object.version.flatMap { EntityTag($0) }, limit: Int(Self.blockBytes))
        state.reads[key] = read
        state.order.append(key)
        if state.order.count > Self.most { state.reads[state.order.removeFirst()] = nil }
        return read
    }
}
