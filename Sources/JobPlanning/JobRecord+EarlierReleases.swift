import Journal

/// Jobs that were begun by a release before 0.2. Its fits fixed the fixed-point grid from their first images, so sums of theirs and
/// of this release do not add; all else goes on.
extension JobRecord {
    static let gridExponent = "grid-exponent"
    static let calibrate = "calibrate"
    /// A digest of which image is of which lot, where a column of the list says it.
    static let lotColumn = "lot-column"
    /// How many lots' sums are kept apart.
    static let lotSums = "lot-sums"

    /// Only releases before 0.2 had the first shard's size, which decided what the grid was made of, among the settings of a fit.
    var isOfImageGrid: Bool { settings["shard-size"] != nil }

    /// The record of the same job as this release writes it.
    /// - Parameter asked: the job that the command asks for.
    package func translated(for asked: JobRecord) -> JobRecord {
        guard isOfImageGrid else { return self }
        var settings = settings
        settings["shard-size"] = nil
        settings["grid"] = nil
        settings[Self.gridExponent] = asked.settings[Self.gridExponent]
        return JobRecord(kind: kind, settings: settings, lists: lists)
    }
}

extension Journal {
    /// - Throws: `JobError` where images are to be folded into sums of a release before 0.2.
    package func requireFoldableSums() throws {
        guard job.isOfImageGrid, try counts(JobPlan.Fit.role).pending > 0 else { return }
        throw JobError.wrongRequest(
            """
            the fit in \(directory.path) was begun by a release before 0.2 and is not finished: its sums are on a fixed-point grid \
            that this release's sums do not add to. Finish it with the release that began it, or name another directory
            """)
    }
}
