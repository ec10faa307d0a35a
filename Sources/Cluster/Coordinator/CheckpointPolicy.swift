/// When sums are worth saving: by what saving them costs, and by how often workers die.
///
/// A worker that saves its sums every `t` loses `cost / t` of its time to saving, and `t / 2` of work with each death. The sum is least at
/// the square root of twice the cost times the mean time between a worker's deaths (J. W. Young, "A first order approximation to the
/// optimum checkpoint interval", 1974). Both are assumed at first, and learnt from what happens.
package struct CheckpointPolicy: Equatable, Sendable {
    /// What is assumed before anything is known, and the bounds.
    package struct Assumptions: Equatable, Sendable {
        /// Bytes of sums that are saved in a second.
        package var bytesPerSecond: Int64 = 100_000_000
        /// Milliseconds between two deaths of a worker. It weighs as much as one death that was seen.
        package var lifetime: Int64 = 86_400_000
        /// The shortest interval, in milliseconds.
        package var shortest: Int64 = 1_000
        /// The longest one, where saving does not take longer itself.
        package var longest: Int64 = 600_000

        package init() {}

        init(bytesPerSecond: Int64, lifetime: Int64, shortest: Int64, longest: Int64) {
            (self.bytesPerSecond, self.lifetime) = (bytesPerSecond, lifetime)
            (self.shortest, self.longest) = (shortest, longest)
        }
    }

    package let assumptions: Assumptions
    /// Milliseconds that all workers together were in session.
    private var lived: Double = 0
    private var deaths = 0
    /// Milliseconds that it takes to save sums of the stage; nil before they were saved once.
    private var measuredCost: Double?
    /// Milliseconds that the coordinator takes for one worker's sums; nil before it is known.
    private var measuredLook: Double?
    /// Bytes of a worker's sums.
    private var bytes: Int64 = 0

    package init(_ assumptions: Assumptions) { self.assumptions = assumptions }

    /// A stage begins whose sums have so many bytes.
    package mutating func begin(bytes: Int64) {
        self.bytes = bytes
        (measuredCost, measuredLook) = (nil, nil)
    }

    /// So many workers were there for so long.
    package mutating func passed(_ milliseconds: Int64, workers: Int) {
        lived += Double(max(0, milliseconds)) * Double(workers)
    }

    package mutating func noteDeath() { deaths += 1 }

    /// Sums were saved.
    /// - Parameters:
    ///   - milliseconds: from the question for them to their commit.
    ///   - look: milliseconds of them that the coordinator took, if it had no other sums to look at; else nil.
    package mutating func noteSaved(in milliseconds: Int64, look: Int64? = nil) {
        if let look { measuredLook = measuredLook.map { $0 + (Double(look) - $0) / 4 } ?? Double(look) }
        let cost = Double(max(1, milliseconds))
        measuredCost = measuredCost.map { $0 + (cost - $0) / 4 } ?? cost
    }

    /// What it costs to save a worker's sums, in milliseconds.
    package var cost: Double {
        measuredCost ?? max(1, Double(bytes) * 1_000 / Double(max(1, assumptions.bytesPerSecond)))
    }

    /// By how much it delays a stage's end that one more worker's sums are to be saved, in milliseconds. Where many wait for that, it takes them as much
    /// longer.
    /// - Parameter together: so many are saved at once.
    package func spacing(together: Int) -> Double {
        max(measuredLook ?? 0, cost / Double(max(1, together)))
    }

    /// Milliseconds between two deaths of a worker.
    package var lifetime: Double { (Double(max(1, assumptions.lifetime)) + lived) / Double(1 + deaths) }

    /// Whether sums that were gathered for so long are saved, in milliseconds.
    ///
    /// All sums are saved at a stage's end. Shortly before that it is too late for a checkpoint: what was gathered for the interval is lost in the rest of the
    /// stage at a cost that is below that of saving it where the rest is less than half of the interval.
    /// - Parameter rest: until all has been dealt; nil where that is not known.
    package func isDue(after gathered: Int64, before rest: Double?) -> Bool {
        let interval = interval
        guard gathered >= interval else { return false }
        return gathered / 2 >= interval || (rest ?? .infinity) >= Double(interval) / 2
    }

    /// In how long sums that were gathered for so long will be due, in milliseconds; nil where they wait for the stage's end.
    /// - Parameter rest: until all has been dealt.
    package func due(after gathered: Int64, before rest: Int64) -> Int64? {
        let time = max(0, interval - gathered)
        return isDue(after: gathered + time, before: Double(rest - time)) ? time : nil
    }

    /// How long sums are gathered before they are saved, in milliseconds.
    package var interval: Int64 {
        let best = (2 * cost * lifetime).squareRoot()
        let bounded = min(max(best, Double(assumptions.shortest), cost), max(Double(assumptions.longest), cost))
        // Whole numbers of 2^53 and more are beyond what a clock gives.
        return Int64(min(bounded, 9e15))
    }
}
