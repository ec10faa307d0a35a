import Tensors

/// A buffer that a thread reads records into and uses again for each range: new memory for each range would cost as much time as the reading.
/// Used by one thread at a time.
final class RecordBuffer: @unchecked Sendable {
    private var room: Room?

    /// Room for so many words, valid until the next call. Its content is undefined.
    /// - Throws: `OutOfMemory`.
    func room(for count: Int) throws -> UnsafeMutableRawBufferPointer {
        let room = try fitting(count)
        return UnsafeMutableRawBufferPointer(rebasing: room.words.bytes[..<(count * 8)])
    }

    private func fitting(_ count: Int) throws -> Room {
        if let room, room.words.count >= count { return room }
        // The old one goes first.
        room = nil
        let new = try Room(count)
        room = new
        return new
    }

    private final class Room {
        let words: AlignedBuffer<Int64>

        init(_ count: Int) throws { words = try AlignedBuffer(uninitialized: count) }
    }
}
