import Cluster
import Gaussian
import Journal
import Logging
import PaDiM

/// Fixes the job's fixed-point grid: it is given, or comes from the first shard's worth of images.
///
/// The grid is part of the model, so both must be of the same images: one that cannot be read when the grid is fixed is not folded,
/// and where one that could be read then cannot be folded, the grid is fixed again without it. So a model depends on the images that
/// are in it, and not on when and by whom they could be read.
struct GridFixing {
    /// What a grid was made of.
    struct Basis: Codable {
        /// All images before this one were looked at.
        let end: Int64
        /// Those that could not be used, and why.
        let unusable: [Int64: String]
    }

    let fit: JobPlan.Fit
    let cluster: ClusterOptions
    let journal: Journal
    let coordinator: Coordinator
    let logger: Logger

    /// The grid to fold on, looked at once when a job starts.
    func run(_ weights: Blob) async throws -> FixedPointGrid {
        if let given = fit.grid {
            if try journal.value(.grid) == nil { try journal.set(.grid, to: given) }
            return given
        }
        guard let fixed = try journal.value(.grid) else { return try await fix(weights) }
        // A model that is made again is to be the one that was made before.
        if try journal.value(.madeModel) != nil { return fixed }
        guard let basis = try journal.value(.basis) else {
            // Earlier releases did not write down what their grids were made of.
            return try journal.partials().isEmpty ? try await fix(weights) : fixed
        }
        // Of an image that was away when the grid was fixed, and that nothing is recorded of yet, another look costs little.
        let isKnown = try Set(basis.unusable.keys).isSubset(of: recorded(before: basis.end).keys)
        return isKnown ? fixed : try await fix(weights)
    }

    /// Whether grid and sums are of the same images, now that all are folded or recorded as unusable. If not, the grid is fixed anew,
    /// without those that are recorded, and sums that are on another are forgotten.
    func isSettled(_ weights: Blob) async throws -> Bool {
        guard let basis = try journal.value(.basis), let old = try journal.value(.grid) else { return true }
        if try Set(basis.unusable.keys) == Set(recorded(before: basis.end).keys) { return true }
        let new = try await fix(weights)
        guard new == old, let end = try journal.value(.basis)?.end, end == basis.end else { return false }
        // Images that have gone away since they were folded may be missing from the new one. But an exponent falls with the largest
        // value: what is the same for fewer and for more images than are in the sums is the same for those.
        try journal.set(.basis, to: Basis(end: end, unusable: recorded(before: end)))
        return true
    }

    /// Images that are not to be folded, and why.
    func unusable() throws -> [Int64: String] { try journal.value(.basis)?.unusable ?? [:] }

    private func fix(_ weights: Blob) async throws -> FixedPointGrid {
        try journal.set(.phase, to: .calibrating)
        var failures: [Int64: String] = [:]
        for window in try windows() {
            let (calibration, reasons) = try await calibrate(window, weights)
            failures.merge(reasons) { first, _ in first }
            guard calibration.maxima.contains(where: { $0 > 0 }) else {
                // They are counted when they are folded; here they only must not lead through the whole list.
                try requireFew(failures)
                continue
            }
            let grid = try FixedPointGrid.fixing(maxima: calibration.maxima, taps: fit.space.tapOfChannels())
            try adopt(grid, Basis(end: window.end, unusable: failures))
            return grid
        }
        throw JobError.noneUsable(first: failures.min { $0.key < $1.key }?.value)
    }

    /// A kill between two steps leads back here: there is a grid without a basis for it at no time.
    private func adopt(_ grid: FixedPointGrid, _ basis: Basis) throws {
        if let old = try journal.value(.grid), old != grid {
            let partials = try journal.partials()
            let images = partials.reduce(0) { $0 + $1.record.images }
            logger.warning(
                """
                other images than before can be read of those that the fixed-point grid is made of, and it is another: \
                \(images) images are folded again
                """)
            for partial in partials { try journal.discard(partial: partial.id) }
            try journal.forget(.grid)
        }
        try journal.set(.basis, to: basis)
        try journal.set(.grid, to: grid)
    }

    /// The list in pieces of the first shard's worth of images: the same ones however often a shard was split.
    private func windows() throws -> [[ShardRecord]] {
        let shards = try journal.shards(.normal)
        guard let begin = shards.first?.firstImage else { throw JobError.failed("the list has no images") }
        return Dictionary(grouping: shards) { ($0.firstImage - begin) / Int64(cluster.shardSize) }.sorted {
            $0.key < $1.key
        }.map(\.value)
    }

    private func calibrate(
        _ window: [ShardRecord], _ weights: Blob
    ) async throws -> (Calibration, unusable: [Int64: String]) {
        let known = try recorded(before: window.end)
        let images = window.reduce(0) { $0 + $1.images }
        let ending = try await coordinator.run(
            .calibrate(space: fit.space, weights: weights), label: "calibrate", role: .normal,
            ShardsToDo(
                shards: window.map(ShardRange.init), lastShard: journal.lastShard(), failures: 0, mostFailures: .max,
                deaths: window.filter { !$0.isCommitted }.deaths, unusable: Set(known.keys)),
            total: images, before: 0, instructionSet: cluster.instructionSet, unusable: known)
        guard case .calibrated(let calibration) = ending else {
            throw JobError.failed("the calibration ended without a result")
        }
        // Workers may have died of some: these are in the journal by now.
        var unusable = try recorded(before: window.end).filter { image, _ in
            window.contains { $0.contains(image) }
        }
        for failure in calibration.failures where unusable[failure.id] == nil { unusable[failure.id] = failure.reason }
        return (calibration, unusable)
    }

    /// Images that are recorded as unusable, and why.
    private func recorded(before end: Int64) throws -> [Int64: String] {
        Dictionary(
            try journal.failures(.normal, before: end).map { ($0.id, $0.reason ?? "no reason was given") },
            uniquingKeysWith: { first, _ in first })
    }

    private func requireFew(_ failures: [Int64: String]) throws {
        let most = cluster.mostFailures(of: try journal.counts(.normal).total)
        guard failures.count <= most else {
            throw JobError.tooManyFailures(failures.count, most: most, first: failures.min { $0.key < $1.key }?.value)
        }
    }
}

extension [ShardRecord] {
    /// The number behind that of the last image.
    fileprivate var end: Int64 { map(\.endImage).max() ?? 0 }
}

extension JournalKey where Value == FixedPointGrid {
    /// The grid that the job's sums are on.
    static var grid: Self { Self("grid") }
}

extension JournalKey where Value == GridFixing.Basis {
    /// What the grid was made of; nothing where it was given.
    static var basis: Self { Self("grid-basis") }
}
