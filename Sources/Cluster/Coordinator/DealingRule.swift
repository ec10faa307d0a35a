/// Decides how much work a worker is given, and of which size, from how fast it is and how much is left.
///
/// A fast worker has so much in hand that it need not wait for an answer. Towards the end of a stage nobody takes more than the others would leave
/// to it anyhow, and a slow worker takes a small shard, or none: so all end together. None of it changes what is computed.
struct DealingRule: Sendable {
    let limits: CoordinatorLimits
    let fleet: FleetPace
    /// Images that nobody has in hand, those included that are still to come.
    let pendingImages: Int
    /// Images that nobody has in hand, as far as they are known.
    let waitingImages: Int
    /// Images of the shard that is dealt last of all.
    let lastShard: Int
    /// Images of the one that is dealt last of those that wait.
    let lastWaiting: Int

    /// What a worker has in hand.
    struct Hand: Equatable, Sendable {
        var shards: Int
        var images: Int
        /// For how long it has been at the first of them, in milliseconds.
        let elapsed: Int64
    }

    /// In how many milliseconds all that is pending will have been dealt; nil while nothing is known.
    var queueTime: Double? { fleet.rate.map { Double(pendingImages) / $0 } }

    /// Whether a worker is given one more shard.
    /// - Parameters:
    ///   - rate: images that it does in a millisecond; nil while that is not known.
    ///   - mostLeases: what a relay says that it can hold.
    func takesMore(_ hand: Hand, rate: Double?, mostLeases: Int?) -> Bool {
        // Until others will have taken what is left; but an answer takes some time.
        let horizon = max(
            fleet.rate.map { Double(waitingImages) / $0 } ?? .infinity, Double(limits.answerTime))
        return Self.takesMore(hand, rate: rate, mostLeases: mostLeases, limits, horizon: horizon)
    }

    /// - Parameter horizon: for how long others have work, in milliseconds.
    static func takesMore(
        _ hand: Hand, rate: Double?, mostLeases: Int?, _ limits: CoordinatorLimits, horizon: Double
    ) -> Bool {
        guard hand.shards > 0 else { return true }
        if let mostLeases {
            guard hand.shards < mostLeases else { return false }
            // Each of its workers has room for some. With less than half of them in its hands some workers have nothing to do.
            guard 2 * hand.shards >= mostLeases, let rate else { return true }
            return Double(hand.images) / rate - Double(hand.elapsed) <= horizon
        }
        if hand.shards < limits.shardsInFlight {
            guard let rate else { return true }
            return Double(hand.images) / rate - Double(hand.elapsed) <= horizon
        }
        guard let rate else { return false }
        return Double(hand.images) < rate * min(Double(limits.workInHand), horizon)
    }

    /// Whether a worker will have done what it has before an answer to its report could come.
    func isNearlyDone(_ hand: Hand, rate: Double) -> Bool {
        Double(hand.images) / rate - Double(hand.elapsed) <= Double(limits.answerTime)
    }

    /// So many more images a worker does until about the time when the others end the last shards; nil while nothing is known.
    /// - Parameter turn: by how much later its turn to end is than that of others, in milliseconds; below 0 where it is sooner.
    func imagesInTime(_ hand: Hand, rate: Double, turn: Double) -> Double? {
        guard let typical = fleet.typical, let queueTime else { return nil }
        let time = queueTime + turn + 2 * Double(lastShard) / typical + Double(hand.shards > 0 ? hand.elapsed : 0)
        return rate * time - Double(hand.images)
    }

    /// Whether a worker is one of those that large shards are left to, if they are the last: somebody must take them.
    func isFast(_ rate: Double) -> Bool { fleet.typical.map { rate >= 0.8 * $0 } ?? true }

    /// For how long a shard waits for a faster worker, in milliseconds: these have so many images more in hand.
    func patience(for images: Int) -> Int64 {
        let time = fleet.typical.map { Double(images) / $0 } ?? 0
        return max(limits.retry, time < 1e15 ? Int64(time) : limits.stuckAfter)
    }
}
