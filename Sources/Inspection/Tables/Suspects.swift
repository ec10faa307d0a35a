import Journal
import Storage
import Thresholds

/// A fit's own images by the scores that they have by the model without them: those that look least like the others come first.
public struct Suspects: Sendable {
    /// One of the images.
    public struct Row: Equatable, Sendable {
        public let path: String
        public let location: ImageLocation
        /// The mask of its own region of interest.
        public let region: ImageLocation?
        /// Of the content that was folded.
        public let digest: ContentDigest?
        public let score: Float
        /// The share of the calibration's images that score at least as high, this one among them: the conformal p-value (1 + k) / (n + 1) of an
        /// image of which k of the n others score at least as high.
        public let pValue: Double
        /// Nil where no lots were left out.
        public let lot: Int?
        /// Where its map by the model without it is highest, in the map at the network's input size.
        public let maxRow: Int?
        public let maxColumn: Int?

        fileprivate var fields: [String] {
            [
                path, "\(score)", "\(pValue)", lot.map(String.init) ?? "", maxRow.map(String.init) ?? "",
                maxColumn.map(String.init) ?? "", location.text,
            ]
        }
    }

    /// Of the table that `write(to:)` makes. New columns are appended.
    public static let header = ["image_path", "score", "p_value", "lot", "max_row", "max_col", "path"]

    /// The highest scores first; equal ones in the list's order.
    public let rows: [Row]
    /// How many of the fit's images were scored by the model without them.
    public let scored: Int
    /// How many images the fit has.
    public let fitted: Int

    /// A sentence for people where only a sample of the fit's images has scores; nil where all have.
    public var remark: String? {
        guard scored < fitted else { return nil }
        return "\(scored) of the fit's \(fitted) images were looked at; a fit with a larger --calibrate looks at more"
    }

    /// - Throws: `InspectionError` where the job has no calibration that is done.
    public init(of journal: Journal, limit: Int = .max) throws {
        guard try journal.value(.model) != nil, try journal.counts(.calibration).ok > 0 else {
            throw InspectionError(
                """
                the job in \(journal.directory.path) has no calibration: it was fitted with --calibrate none or by a release before 0.3, only \
                inspects, or is not finished
                """)
        }
        var all: [Float] = []
        try journal.forEachImage(.calibration) { row in if let score = row.score { all.append(score) } }
        let scores = try CalibrationScores(all)
        (scored, fitted) = (scores.count, try journal.counts(.normal).ok)
        rows = try journal.highestScores(.calibration, limit: limit).compactMap { row in
            guard let score = row.score else { return nil }
            return Row(
                path: row.record.path, location: row.record.location, region: row.record.region,
                digest: row.record.digest, score: score,
                pValue: Double(scores.countAtLeast(score)) / Double(scores.count), lot: row.record.lot,
                maxRow: row.maxRow, maxColumn: row.maxColumn)
        }
    }

    /// Writes the rows as a table of comma-separated values.
    public func write(to path: String) throws {
        var writer = try CSVWriter(path: path, header: Self.header)
        for row in rows { try writer.append(row.fields) }
        try writer.commit()
    }
}
