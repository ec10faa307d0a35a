import Foundation
import JobPlanning
import Journal
import Logging
import Storage
import Thresholds

/// Takes images out of a fit whose calibration scores stand out, round after round.
struct Trimming {
    static let mostRounds = 3
    private static let mostNamed = 20

    let journal: Journal
    let cluster: ClusterOptions
    let logger: Logger

    private static func text(_ score: Double) -> String { String(format: "%.2f", score) }

    /// Looks at the present calibration, and begins to take out what stands out.
    /// - Returns: how many images; 0 where there is nothing more to do.
    func next() throws -> Int {
        var record = try journal.value(.trimmed) ?? TrimRecord()
        guard record.rounds < Self.mostRounds else { return 0 }
        var scores: [Float] = []
        try journal.forEachImage(.calibration) { row in if let score = row.score { scores.append(score) } }
        let outliers = ScoreOutliers(scores)
        var found: [ImageLocation: Float] = [:]
        try journal.forEachImage(.calibration) { row in
            if let score = row.score, outliers.has(score) { found[row.record.location] = score }
        }
        let all = try journal.counts(.normal).ok
        if scores.count < all {
            logger.notice(
                "--trim looks at the \(scores.count) images that the model is calibrated on, and not at the other \(all - scores.count): a larger --calibrate has more"
            )
        }
        guard !found.isEmpty else {
            let none = outliers.limit.map { "none of \(scores.count) scores is above \(Self.text($0))" }
            logger.notice(
                "--trim, round \(record.rounds + 1): takes no image out, since \(none ?? "\(scores.count) scores say too little")"
            )
            return 0
        }
        logger.notice(
            "--trim, round \(record.rounds + 1): takes \(found.count) of \(scores.count) images out, whose score is above \(Self.text(outliers.limit ?? 0))"
        )
        var place = 0
        try journal.forEachImage(.normal) { row in
            if let score = found[row.record.location] {
                if record.places.count < Self.mostNamed {
                    logger.notice("  \(row.record.path), score \(Self.text(Double(score)))")
                }
                record.places.append(place)
            }
            place += 1
        }
        record.rounds += 1
        // First which they are: a job that is killed now goes on with them.
        try journal.set(.trimmed, to: record)
        return try journal.beginExclusion(of: record.places, shardSize: cluster.shardSize(of: record.places.count))
    }
}
