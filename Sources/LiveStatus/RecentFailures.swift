import Storage

/// The images that could not be used, the last ones of them, numbered in the order in which they were reported.
public struct RecentFailures: Equatable, Sendable {
    public struct Entry: Equatable, Sendable {
        /// Of the report; the first is 1. A reader that knows it sees whether it has missed some.
        public let number: Int
        public let image: ImageID
        public let reason: String
        /// When it was reported, in milliseconds.
        public let time: Int64
    }

    /// The most that are kept.
    public static let most = 200

    /// The last one last.
    public private(set) var entries: [Entry] = []
    private var reported = 0

    public init() {}

    /// An image that is reported again, since its shard was dealt again, is no other failure.
    public mutating func add(_ image: ImageID, reason: String, at time: Int64) {
        if entries.contains(where: { $0.image == image }) { return }
        reported += 1
        entries.append(Entry(number: reported, image: image, reason: reason, time: time))
        if entries.count > Self.most { entries.removeFirst() }
    }
}
