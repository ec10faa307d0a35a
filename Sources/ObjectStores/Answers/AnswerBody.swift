/// Gathers the bytes of an answer that are wanted, and no more than may be: whatever a server says or sends, memory is bounded.
package struct AnswerBody: Sendable {
    package enum End: Equatable, Sendable {
        /// All that is wanted is there; what follows need not come.
        case enough
        case tooLarge
    }

    /// What there is of the wanted bytes.
    package private(set) var bytes: [UInt8] = []
    package private(set) var end: End?
    /// How many bytes of the answer come before the first that is wanted.
    private var skipped: Int64
    private let limit: Int
    /// Whether more bytes than the limit are an error, or are not wanted.
    private let isRange: Bool

    /// An answer that is wanted whole.
    package init(limit: Int) { (skipped, self.limit, isRange) = (0, max(0, limit), false) }

    /// An answer of which a range is wanted.
    /// - Parameter start: of the answer's first byte in the object.
    package init(range: Range<Int64>, start: Int64) {
        skipped = max(0, range.lowerBound - start)
        limit = Int(clamping: range.upperBound - range.lowerBound)
        isRange = true
    }

    /// - Parameter length: that the server announces. Believed as far as the limit, and 16 MiB: it may be made up.
    package mutating func reserve(_ length: Int64) {
        bytes.reserveCapacity(Int(min(max(0, length), Int64(limit), 16 << 20)))
    }

    /// - Returns: whether more is to come.
    package mutating func take(_ chunk: UnsafeRawBufferPointer) -> Bool {
        var chunk = chunk
        let passed = Int(min(skipped, Int64(chunk.count)))
        skipped -= Int64(passed)
        chunk = UnsafeRawBufferPointer(rebasing: chunk.dropFirst(passed))
        let room = limit - bytes.count
        bytes += chunk.prefix(room)
        if chunk.count > room, !isRange { end = .tooLarge }
        if isRange, bytes.count == limit { end = .enough }
        return end == nil
    }
}
