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

    /// - Parameter rates: of those that can be given work; nil where nothing is known yet.
    init(_ rates: [Double?]) {
        let known = rates.compactMap { $0 }
        guard !known.isEmpty else { return }
        let typical = known.reduce(0, +) / Double(known.count)
        self.typical = typical
        rate = typical * Double(rates.count)
    }
}
