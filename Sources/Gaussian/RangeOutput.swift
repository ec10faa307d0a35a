import Storage

/// What a machine makes of a range of patches on its way into a file: written in place, or kept to be sent. Several threads may put the
/// numbers of different patches.
final class RangeOutput: @unchecked Sendable {
    private let places: RangePlaces
    private let patches: Range<Int>
    // Threads only borrow it; it is taken out once, when they are done.
    private var file: PieceWriter?
    private let sent: UnsafeMutableRawBufferPointer
    /// Where the bytes that are sent begin among them, by tensor.
    private let starts: [[(bytes: Range<Int>, start: Int)]]

    /// - Throws: `StorageError` where the file is not there, or has another size.
    init(_ path: String, byteCount: Int, places: RangePlaces, patches: Range<Int>) throws {
        (self.places, self.patches) = (places, patches)
        file = try PieceWriter(path: path, byteCount: byteCount)
        var next = 0
        starts = places.rows.map { rows in
            rows.sent(of: patches).map { bytes in
                defer { next += bytes.count }
                return (bytes, next)
            }
        }
        sent = .allocate(byteCount: max(next, 1), alignment: 64)
    }

    deinit { sent.deallocate() }

    /// - Parameter tensor: by its number in the places.
    func put(_ bytes: UnsafeRawBufferPointer, tensor: Int, patches some: Range<Int>) throws {
        let rows = places.rows[tensor]
        let target = rows.bytes(of: some)
        func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(
                rebasing: bytes[range.lowerBound - target.lowerBound..<range.upperBound - target.lowerBound])
        }
        if let written = rows.written(of: patches)?.clamped(to: target), !written.isEmpty {
            try file?.write(part(written), at: written.lowerBound)
        }
        for (whole, start) in starts[tensor] {
            let piece = whole.clamped(to: target)
            guard !piece.isEmpty else { continue }
            let place = start + piece.lowerBound - whole.lowerBound
            UnsafeMutableRawBufferPointer(rebasing: sent[place..<place + piece.count]).copyMemory(from: part(piece))
        }
    }

    /// Closes the file: whoever opens it from now on sees what was written.
    /// - Returns: the bytes to be sent.
    func finish() throws -> [UInt8] {
        try file.take()?.finish()
        return Array(sent.prefix(places.sentByteCount(patches)))
    }
}
