import Foundation

/// A crowd of workers and what they are to do: the cores are real, time and machines are not.
public struct CrowdSpec: Sendable {
    public enum Task: String, CaseIterable, Sendable {
        case inspection
        /// Workers write their sums into the job's directory.
        case fit
        /// Workers send their sums to the coordinator.
        case fitOverLink = "fit-over-link"

        var makesSums: Bool { self != .inspection }
    }

    public var task = Task.inspection
    public var workers = 1_000
    /// Relays that the workers are behind, each of as many; 0: they are the coordinator's own.
    public var relays = 0
    /// When the first relay is killed, in milliseconds; another takes its place at once. Nil: never.
    public var relayDeath: Int64?
    public var images = 400_000
    /// Nil: as is usual for so many images.
    public var shardSize: Int?
    public var seed: UInt64 = 1

    /// Images a second of the worker in the middle.
    public var medianRate = 2.0
    /// Rates are log-normal: of so wide a logarithm.
    public var spread = 0.5
    /// So many of a hundred are ten times slower than that.
    public var slowPercent = 1.0
    /// So many of a hundred die in an hour, each at any moment; another takes its place after a minute.
    public var deathsAnHourPercent = 1.0
    public var restartAfter: Int64 = 60_000

    /// Milliseconds that a message takes.
    public var latency: Int64 = 1
    /// Milliseconds until a worker is ready for the stage.
    public var preparation: Int64 = 500
    /// Milliseconds of the coordinator's one thread for a report, with all that follows it, and for any other message: somewhat more than
    /// `scripts/bench --only control` measures (0.08 and 0.01).
    public var reportCost = 0.15
    public var messageCost = 0.03
    /// Milliseconds of the archive for results of a shard, which share transactions (0.08).
    public var resultsCost = 0.1

    /// Bytes of a worker's sums: those of 100 channels at 56 x 56 patches.
    public var sumsBytes = 129e6
    /// Bytes in a second that a worker writes, that all of them write, and that one link carries.
    public var diskOfWorker = 1e9
    public var diskOfAll = 20e9
    public var link = 1.25e9
    /// Milliseconds in which the coordinator looks at sums and commits them.
    public var lookCost = 25.0

    public init() {}
}

/// What came of a crowd.
public struct CrowdResult: Sendable {
    public let spec: CrowdSpec
    /// Milliseconds from the stage's opening to its end.
    public let makespan: Int64
    /// When the last shard was dealt, and when the last report came, in milliseconds.
    public let (lastDeal, lastReport): (Int64, Int64)
    /// Milliseconds in which all workers without deaths would have done the images, had they never waited.
    public let ideal: Double
    /// Milliseconds that workers spent on images that count, each once.
    public let busy: Double
    /// Reports of shards, sums that were saved, sums that were lost, shards that were dealt twice.
    public let (shards, saved, deaths, spares): (Int, Int, Int, Int)
    public let events: Int

    /// Busy time by the time that all workers were there, or should have been.
    public var efficiency: Double { busy / (Double(makespan) * Double(spec.workers)) }
    /// The ideal time by the time that it took.
    public var speed: Double { ideal / Double(makespan) }

    /// Tab-separated, under `heading`.
    public var line: String {
        let figures = [
            String(format: "%.3f", efficiency), String(format: "%.3f", speed),
            String(format: "%.1f", Double(makespan) / 1_000), String(format: "%.1f", ideal / 1_000),
            String(format: "%.1f", Double(lastDeal) / 1_000), String(format: "%.1f", Double(lastReport) / 1_000),
        ]
        return
            ([spec.task.rawValue, "\(spec.workers)"] + figures + ["\(shards)", "\(saved)", "\(deaths)", "\(spares)"])
            .joined(separator: "\t")
    }

    public static let heading =
        "task\tworkers\tefficiency\tideal/time\tseconds\tideal seconds\tlast deal\tlast report\tshards\tsums saved\tdeaths\tdealt twice"
}
