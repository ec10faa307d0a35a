import Storage

/// Images on their way from the coordinator, asked for in pieces: few bytes are under way at a time, and what does not come is asked for
/// again.
struct ImageFetches: Sendable {
    /// One image on its way.
    private struct Fetch: Sendable {
        /// Nil until the first piece says it.
        var content: (size: Int64, digest: ContentDigest)?
        /// Offsets of pieces that were asked for, and when.
        var asked: [Int64: Instant] = [:]
        /// Where the next piece that was not asked for begins.
        var next: Int64 = 0
        /// Bytes that have not come.
        var missing: Int64 = 0
        /// How often in a row pieces were asked for again.
        var repeats = 0

        func count(at offset: Int64) -> Int64 {
            content.map { min(ImageFetches.pieceBytes, $0.size - offset) } ?? ImageFetches.pieceBytes
        }

        /// Whether the next piece may be asked for: of an image whose size is not known only the first.
        var hasNext: Bool { content.map { next < $0.size } ?? (next == 0) }
    }

    /// What becomes of a piece that came.
    enum Acceptance: Equatable {
        /// It was not asked for, or is not of the length that was asked for.
        case unexpected
        /// It belongs to the image.
        case taken(isLast: Bool)
        /// It is of another content than the pieces before.
        case changed
    }

    static let pieceBytes = Int64(Wire.longestPiece)
    /// Pieces that are under way at most.
    static let mostPieces = 16
    /// Bytes that are under way at most, as far as sizes are known or like those of the images before.
    static let mostBytes: Int64 = 4 << 20

    private var fetches: [ServedImage: Fetch] = [:]
    /// In the order in which they are wanted.
    private var order: [ServedImage] = []
    /// The size of the largest image so far, or of a piece. At first a guess.
    private var usualBytes: Int64 = 1 << 18

    var count: Int { fetches.count }
    /// In the order in which they are wanted.
    var all: [ServedImage] { order }
    var piecesUnderWay: Int { fetches.values.reduce(0) { $0 + $1.asked.count } }
    var leases: Set<LeaseID> { Set(order.map(\.lease)) }
    var isConsistent: Bool { order.count == fetches.count && order.allSatisfy { fetches[$0] != nil } }

    mutating func want(_ image: ServedImage) {
        guard fetches[image] == nil else { return }
        fetches[image] = Fetch()
        order.append(image)
    }

    /// - Returns: whether it was wanted.
    @discardableResult
    mutating func drop(_ image: ServedImage) -> Bool {
        guard fetches.removeValue(forKey: image) != nil else { return false }
        order.removeAll { $0 == image }
        return true
    }

    /// Forgets the images of a lease.
    mutating func drop(_ lease: LeaseID) {
        order.removeAll { image in
            guard image.lease == lease else { return false }
            fetches[image] = nil
            return true
        }
    }

    /// The pieces to ask for now: late ones again, and new ones while the window is open.
    mutating func requests(at now: Instant, retry: Int64) -> [(image: ServedImage, offset: Int64, count: Int)] {
        var requests: [(image: ServedImage, offset: Int64, count: Int)] = []
        var (pieces, bytes) = (0, Int64(0))
        for image in order {
            guard var fetch = fetches[image] else { continue }
            let late = fetch.asked.filter { now.since($0.value) >= retry << min(fetch.repeats, 3) }.keys.sorted()
            if !late.isEmpty {
                fetch.repeats += 1
                for offset in late {
                    fetch.asked[offset] = now
                    requests.append((image, offset, Int(fetch.count(at: offset))))
                }
                fetches[image] = fetch
            }
            pieces += fetch.asked.count
            bytes += fetch.asked.keys.reduce(0) { $0 + expected(fetch, at: $1) }
        }
        for image in order {
            guard var fetch = fetches[image] else { continue }
            while fetch.hasNext, pieces < Self.mostPieces, pieces == 0 || bytes < Self.mostBytes {
                let count = fetch.count(at: fetch.next)
                fetch.asked[fetch.next] = now
                requests.append((image, fetch.next, Int(count)))
                (pieces, bytes) = (pieces + 1, bytes + expected(fetch, at: fetch.next))
                fetch.next += count
            }
            fetches[image] = fetch
            guard pieces < Self.mostPieces, bytes < Self.mostBytes else { break }
        }
        return requests
    }

    private func expected(_ fetch: Fetch, at offset: Int64) -> Int64 {
        fetch.content == nil ? min(usualBytes, Self.pieceBytes) : fetch.count(at: offset)
    }

    /// Takes account of a piece. One that comes twice counts once.
    /// - Parameters:
    ///   - count: of its bytes.
    ///   - size, digest: of the whole image.
    mutating func accept(
        _ image: ServedImage, offset: Int64, count: Int, size: Int64, digest: ContentDigest
    ) -> Acceptance {
        guard var fetch = fetches[image], fetch.asked[offset] != nil, size > 0, offset < size else {
            return .unexpected
        }
        if let content = fetch.content {
            guard content.size == size, content.digest == digest else { return .changed }
        } else {
            fetch.content = (size, digest)
            fetch.missing = size
            fetch.next = min(Self.pieceBytes, size)
        }
        guard Int64(count) == fetch.count(at: offset) else { return .unexpected }
        fetch.asked[offset] = nil
        fetch.repeats = 0
        fetch.missing -= Int64(count)
        usualBytes = max(usualBytes, min(size, Self.pieceBytes))
        guard fetch.missing > 0 else {
            drop(image)
            return .taken(isLast: true)
        }
        fetches[image] = fetch
        return .taken(isLast: false)
    }
}
