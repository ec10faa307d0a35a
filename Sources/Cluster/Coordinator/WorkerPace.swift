/// How fast a worker is, by its reports. What is long ago counts less and less.
struct WorkerPace: Equatable, Sendable {
    /// After so many milliseconds of work what was before counts half.
    private static let memory = 10_000.0
    private var images = 0.0
    private var milliseconds = 0.0

    mutating func add(images: Int, milliseconds: Int64) {
        if self.milliseconds > Self.memory {
            self.images /= 2
            self.milliseconds /= 2
        }
        self.images += Double(images)
        self.milliseconds += Double(max(0, milliseconds))
    }

    /// Images in a millisecond; nil before there is a report.
    var rate: Double? { images > 0 && milliseconds > 0 ? images / milliseconds : nil }
}

/// How fast all workers together are, as a look at all of them found it.
struct FleetPace: Equatable, Sendable {
    /// Images in a millisecond that one of them does on average; nil before anything was reported.
    private(set) var typical: Double?
    /// All of them together.
    private(set) var rate: Double?

    init() {}

    /// - Parameters:
    ///   - rates: of those that can be given work; nil where nothing is known yet.
    ///   - relays: of the relays among those that can be given work, behind which there may be many workers.
    init(_ rates: [Double?], relays: [Double?] = []) {
        let (known, ofRelays) = (rates.compactMap { $0 }, relays.compactMap { $0 })
        guard !known.isEmpty || !ofRelays.isEmpty else { return }
        let counted = known.isEmpty ? ofRelays : known
        let typical = counted.reduce(0, +) / Double(counted.count)
        self.typical = typical
        let unknown = rates.count - known.count + relays.count - ofRelays.count
        rate = (known + ofRelays).reduce(0, +) + typical * Double(unknown)
    }
}
