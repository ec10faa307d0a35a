import Storage

/// Pieces of images that a relay's workers ask for. A window of them is asked of the parent, the others wait; nothing is kept. What is lost
/// the worker asks for again.
struct RelayedImages: Sendable {
    /// Of an image of the parent's.
    struct Piece: Hashable, Sendable {
        let session: SessionID
        let image: ServedImage
        let offset: Int64
    }

    /// Who asked, and under which lease it has the image.
    struct Asker: Sendable {
        let session: SessionID
        let image: ServedImage
        let address: WorkerAddress
    }

    private struct Request: Sendable {
        var count: Int
        var asker: Asker
        /// When the parent was asked; nil while it waits.
        var asked: Instant?
    }

    /// Pieces that are under way from the parent at most.
    static let window = 32
    /// Further ones are passed over; workers ask again.
    static let mostWaiting = 4_096

    private var requests: [Piece: Request] = [:]
    private var waiting: [Piece] = []
    private var underWay = 0

    var isConsistent: Bool {
        underWay == requests.values.count { $0.asked != nil } && underWay <= Self.window
            && requests.count <= Self.mostWaiting && waiting.allSatisfy { requests[$0]?.asked == nil }
    }

    /// A worker asks, perhaps again.
    mutating func ask(for piece: Piece, count: Int, _ asker: Asker) {
        if var known = requests[piece] {
            (known.count, known.asker) = (count, asker)
            requests[piece] = known
        } else if requests.count < Self.mostWaiting {
            requests[piece] = Request(count: count, asker: asker)
            waiting.append(piece)
        }
    }

    /// What did not come was lost, there or back. Who wants it still asks again.
    mutating func forgetLate(at now: Instant, retry: Int64) {
        for (piece, request) in requests {
            if let asked = request.asked, now.since(asked) >= retry { remove(piece) }
        }
    }

    /// What the parent is to be asked for now.
    mutating func next(at now: Instant) -> [(piece: Piece, count: Int)] {
        var next: [(piece: Piece, count: Int)] = []
        while underWay < Self.window, !waiting.isEmpty {
            let piece = waiting.removeFirst()
            guard let request = requests[piece], request.asked == nil else { continue }
            requests[piece]?.asked = now
            underWay += 1
            next.append((piece, request.count))
        }
        return next
    }

    /// A piece came that the parent was asked for.
    /// - Returns: who asked; nil where nobody did.
    mutating func arrived(_ piece: Piece) -> Asker? { requests[piece]?.asked == nil ? nil : remove(piece) }

    /// An image cannot be read.
    /// - Returns: who asked for pieces of it.
    mutating func unavailable(_ image: ServedImage, session: SessionID) -> [Asker] {
        requests.keys.filter { $0.image == image && $0.session == session }.compactMap { remove($0) }
    }

    /// A shard of the parent's is over.
    mutating func forget(_ lease: LeaseID) {
        for piece in requests.keys where piece.image.lease == lease { remove(piece) }
    }

    @discardableResult
    private mutating func remove(_ piece: Piece) -> Asker? {
        guard let request = requests.removeValue(forKey: piece) else { return nil }
        if request.asked == nil { waiting.removeAll { $0 == piece } } else { underWay -= 1 }
        return request.asker
    }
}
