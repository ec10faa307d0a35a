import Journal
import Thresholds

/// results.csv: one row an image of the list, in the list's order.
public enum ResultsTable {
    /// `image_path` is the image's path as its list names it, `source` the list or folder as the command named it, and `path` the
    /// file's path from the root. `max_row` and `max_col` are in the map at the input's size, `image_row` and `image_col` in the image as it
    /// was read.
    ///
    /// New columns are appended: programs may count on the places of those before them.
    public static let header = [
        "image_path", "status", "score", "max_row", "max_col", "flagged", "map_path", "reason", "source", "path",
        "threshold", "p_value", "image_row", "image_col",
    ]

    /// Writes the images of a role as they stand; an image still to do has no status. Memory does not grow with their number.
    /// - Parameters:
    ///   - role: the inspected images by default, or the normal ones where the job only fits.
    ///   - threshold: flags by this one, and not by the job's.
    ///   - unusable: only the images that could not be used.
    /// - Returns: how many rows were written, without the header.
    @discardableResult
    public static func export(
        _ journal: Journal, role: ImageRole? = nil, threshold: Threshold? = nil, unusable: Bool = false, to path: String
    ) throws -> Int {
        let role = role ?? ([.fit, .calibrate].contains(journal.job.kind) ? .normal : .inspect)
        let jobs = try journal.value(.threshold).map { Threshold($0) }
        let pValues = role == .inspect ? try journal.pValues() : nil
        var writer = try CSVWriter(path: path, header: header)
        var rows = 0
        try journal.forEachImage(role) { row in
            if unusable, row.status == nil || row.status == .ok { return }
            try writer.append(fields(of: row, threshold, ofJob: jobs, pValues))
            rows += 1
        }
        try writer.commit()
        return rows
    }

    /// A score has as many digits as it takes to read back the same number; `flagged` is 1 or 0, or nothing without a
    /// threshold, and `threshold` is the one that it is by. `p_value` is nothing where the model is not calibrated.
    package static func fields(
        of row: ImageRow, _ threshold: Threshold? = nil, ofJob: Threshold? = nil, _ pValues: PValues? = nil
    ) -> [String] {
        let flagged = threshold.flatMap { row.score.map($0.flags) } ?? row.flagged
        return [
            row.record.path, row.status?.rawValue ?? "", row.score.map { "\($0)" } ?? "",
            row.maxRow.map(String.init) ?? "", row.maxColumn.map(String.init) ?? "",
            flagged.map { $0 ? "1" : "0" } ?? "", row.mapPath ?? "", row.reason ?? "",
            row.source ?? "", row.record.location.text,
            flagged == nil ? "" : (threshold ?? ofJob).map { "\($0.value)" } ?? "",
            row.score.flatMap { score in pValues.map { "\($0.of(score))" } } ?? "",
            row.imageRow.map(String.init) ?? "", row.imageColumn.map(String.init) ?? "",
        ]
    }
}
