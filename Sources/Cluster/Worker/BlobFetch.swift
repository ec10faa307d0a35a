/// A blob on its way from the coordinator: pieces asked for in a window, until all are here.
struct BlobFetch: Sendable {
    let blob: Blob
    private let window = 4
    private let pieceBytes = Int64(Wire.longestPiece)
    /// Offsets asked for, and when.
    private var asked: [Int64: Instant] = [:]
    private var nextOffset: Int64 = 0
    private var missing: Int64
    /// How often in a row pieces were asked for again.
    private var repeats = 0

    init(_ blob: Blob) {
        self.blob = blob
        missing = blob.byteCount
    }

    var isComplete: Bool { missing == 0 }

    /// Pieces asked for.
    var underWay: Int { asked.count }

    /// The pieces to ask for now: new ones while the window is open, and late ones again.
    mutating func requests(at now: Instant, retry: Int64) -> [(offset: Int64, count: Int)] {
        var wanted = asked.filter { now.since($0.value) >= retry << min(repeats, 3) }.keys.sorted()
        if !wanted.isEmpty { repeats += 1 }
        while asked.count < window, nextOffset < blob.byteCount {
            asked[nextOffset] = now
            wanted.append(nextOffset)
            nextOffset += pieceBytes
        }
        for offset in wanted { asked[offset] = now }
        return wanted.map { ($0, count(at: $0)) }
    }

    /// Whether the piece was asked for and is whole. One that comes twice counts once.
    mutating func accept(offset: Int64, count: Int) -> Bool {
        guard asked[offset] != nil, count == self.count(at: offset) else { return false }
        asked[offset] = nil
        repeats = 0
        missing -= Int64(count)
        return true
    }

    private func count(at offset: Int64) -> Int { Int(min(pieceBytes, blob.byteCount - offset)) }
}
