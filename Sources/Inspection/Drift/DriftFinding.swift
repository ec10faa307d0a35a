import Foundation
import Gaussian
import Imaging
import Journal
import Settings
import Storage

/// Whether the images of an inspection that were not flagged have drifted from the model, or why that could not be said.
///
/// As JSON it is the verdict as `padim drift --json` prints it, or else `images` and `obstacle`.
public enum DriftFinding: Equatable, Sendable {
    case verdict(DriftVerdict)
    case none(images: Int64, obstacle: String)

    /// A sentence or two.
    public var lines: [String] {
        switch self {
        case .verdict(let verdict):
            [
                String(
                    format: "drift of %lld images that are not flagged: %.2f, limit %.2f", verdict.images,
                    verdict.drift,
                    verdict.limit)
            ] + verdict.lines
        case .none(_, let obstacle): ["no answer whether there is drift: \(obstacle)"]
        }
    }

    public var isDrift: Bool { if case .verdict(let verdict) = self { verdict.isDrift } else { false } }

    /// Compares sums of a job's images with its model, and writes `drift.json` and the map of where.
    /// - Parameters:
    ///   - batch: the sums; nil where no image could be folded.
    ///   - images: those that were meant to be in the sums.
    ///   - model: calibrated.
    /// - Throws: `GaussianError` where a file is damaged; `StorageError`. Writes files only: the caller
    ///   records the finding in the journal.
    public static func write(
        comparing batch: StatisticsFile?, of images: Int64, with model: GaussianModel, into directory: JobDirectory
    ) throws -> DriftFinding {
        let finding: DriftFinding
        if let batch, Drift.obstacle(to: batch.header, model) == nil {
            let drift = try Drift(of: batch, from: model)
            let known = try batch.images()
            let shared = model.calibration?.images.count { known?.contains($0.digest) == true } ?? 0
            let map = FloatImage(
                width: model.space.gridWidth, height: model.space.gridHeight, values: drift.ratios.map { Float($0) })
            try DurableFile.write(MapFormat.npy.encode(map), to: directory.inside(JobLayout.driftMap))
            finding = .verdict(DriftVerdict(drift, shared: shared))
        } else {
            let count = batch?.header.count ?? 0
            let lost = images > count ? " (\(images - count) of the sample could not be read again)" : ""
            let obstacle =
                batch.flatMap { Drift.obstacle(to: $0.header, model) } ?? "there are no images that are not flagged"
            finding = .none(images: count, obstacle: obstacle + lost)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try DurableFile.write(encoder.encode(finding) + Data("\n".utf8), to: directory.inside(JobLayout.drift))
        return finding
    }
}

extension DriftFinding: Codable {
    private enum CodingKeys: String, CodingKey { case images, obstacle }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        if let obstacle = try values.decodeIfPresent(String.self, forKey: .obstacle) {
            self = .none(images: try values.decode(Int64.self, forKey: .images), obstacle: obstacle)
        } else {
            self = .verdict(try DriftVerdict(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .verdict(let verdict): try verdict.encode(to: encoder)
        case .none(let images, let obstacle):
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(images, forKey: .images)
            try values.encode(obstacle, forKey: .obstacle)
        }
    }
}

extension JournalKey where Value == DriftFinding {
    /// Of the images that the job did not flag; there is none where it was not asked for.
    public static var drift: Self { Self("drift") }
}
