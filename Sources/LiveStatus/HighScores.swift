import Storage

/// The images with the highest scores so far, as many as a page shows.
public struct HighScores: Equatable, Sendable {
    public struct Entry: Equatable, Sendable {
        public let image: ImageID
        public let score: Float
        /// Nil without a threshold.
        public let flagged: Bool?

        public init(image: ImageID, score: Float, flagged: Bool?) {
            (self.image, self.score, self.flagged) = (image, score, flagged)
        }
    }

    /// The most that are kept.
    public static let most = 24

    /// The highest first; equal ones in the list's order.
    public private(set) var entries: [Entry] = []

    public init() {}

    /// Takes an image in, if its score is high enough. An image that was scored twice counts once, with its last score.
    public mutating func add(_ entry: Entry) {
        guard entry.score.isFinite else { return }
        if let lowest = entries.last, entries.count == Self.most, !Self.isHigher(entry, lowest) {
            // Nearly all end here. Another score of an image that is shown is looked for below.
            guard entries.contains(where: { $0.image == entry.image }) else { return }
        }
        entries.removeAll { $0.image == entry.image }
        let place = entries.firstIndex { Self.isHigher(entry, $0) } ?? entries.count
        entries.insert(entry, at: place)
        if entries.count > Self.most { entries.removeLast() }
    }

    private static func isHigher(_ one: Entry, _ other: Entry) -> Bool {
        one.score > other.score || one.score == other.score && one.image < other.image
    }
}
