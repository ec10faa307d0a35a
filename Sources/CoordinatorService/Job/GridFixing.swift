import Cluster
import Gaussian
import Journal
import PaDiM

/// Fixes the job's fixed-point grid: it is given, or was fixed by a former run, or comes from the first shard's worth of images.
///
/// The grid is part of the model, so it must be a function of the images that are in the model. One that could not be read when the
/// grid was fixed is in neither, even where it can be read later.
struct GridFixing {
    let fit: JobPlan.Fit
    let cluster: ClusterOptions
    let journal: Journal
    let coordinator: Coordinator

    func run(_ weights: Blob) async throws -> FixedPointGrid {
        if let fixed = try journal.value(.grid) { return fixed }
        if let given = fit.grid {
            try journal.set(.grid, to: given)
            return given
        }
        try journal.set(.phase, to: .calibrating)
        var failures: [Cluster.ImageFailure] = []
        for window in try windows() {
            guard let calibration = try await calibrate(window, weights) else { continue }
            failures += calibration.failures
            guard calibration.maxima.contains(where: { $0 > 0 }) else {
                // They are counted when they are folded; here they only must not lead through the whole list.
                try requireFew(failures)
                continue
            }
            let grid = try FixedPointGrid.fixing(maxima: calibration.maxima, taps: fit.space.tapOfChannels())
            try journal.set(.calibrationFailures, to: failures)
            try journal.set(.grid, to: grid)
            return grid
        }
        throw JobError.noneUsable(first: failures.first?.reason)
    }

    /// The images that the grid knows nothing of, and why.
    static func failures(_ journal: Journal) throws -> [Int64: String] {
        guard let failures = try journal.value(.calibrationFailures) else { return [:] }
        return Dictionary(failures.map { ($0.id, $0.reason) }, uniquingKeysWith: { first, _ in first })
    }

    /// The list in pieces of the first shard's worth of images: the same ones however often a shard was split.
    private func windows() throws -> [[ShardRecord]] {
        let shards = try journal.shards(.normal)
        guard let begin = shards.first?.firstImage else { throw JobError.failed("the list has no images") }
        return Dictionary(grouping: shards) { ($0.firstImage - begin) / Int64(cluster.shardSize) }.sorted {
            $0.key < $1.key
        }.map(\.value)
    }

    /// - Returns: nil where workers have died of all of the window's images.
    private func calibrate(_ window: [ShardRecord], _ weights: Blob) async throws -> Calibration? {
        let open = window.filter { !$0.isCommitted }
        let images = open.reduce(0) { $0 + $1.images }
        guard images > 0 else { return nil }
        let ending = try await coordinator.run(
            .calibrate(space: fit.space, weights: weights), label: "calibrate", role: .normal,
            ShardsToDo(
                shards: open.map(ShardRange.init), lastShard: journal.lastShard(), failures: 0, mostFailures: .max,
                deaths: open.deaths),
            total: images, before: 0, instructionSet: cluster.instructionSet)
        guard case .calibrated(let calibration) = ending else { return nil }
        return calibration
    }

    private func requireFew(_ failures: [Cluster.ImageFailure]) throws {
        let most = cluster.mostFailures(of: try journal.counts(.normal).total)
        guard failures.count <= most else {
            throw JobError.tooManyFailures(failures.count, most: most, first: failures.first?.reason)
        }
    }
}

extension JournalKey where Value == FixedPointGrid {
    /// The grid that the job's sums are on.
    static var grid: Self { Self("grid") }
}

extension JournalKey where Value == [Cluster.ImageFailure] {
    /// The images that could not be used when the grid was fixed.
    static var calibrationFailures: Self { Self("calibration-failures") }
}
