import Backbone
import Cluster
import ImageLists
import Journal
import Logging
import Storage

/// A job made definite: every file that it begins with is read and checked, nothing is written yet.
package struct JobPlan {
    package let kind: JobRecord.Kind
    package private(set) var fit: Fit?
    package internal(set) var inspect: Inspect?
    package private(set) var calibrate: Calibrate?
    package let cluster: ClusterOptions

    /// What the network of the job computes with.
    package var weights: FoundWeights? { fit?.weights ?? inspect?.weights ?? calibrate?.weights }

    package init(_ request: JobRequest, cache: CacheDirectory, logger: Logger) throws {
        kind = request.kind
        cluster = request.cluster
        let job = request.directory
        fit = try request.fit.map { try Fit($0, job: job, cache: cache, logger: logger) }
        inspect = try request.inspect.map {
            try Inspect($0, job: job, fit: fit, cluster: request.cluster, cache: cache, logger: logger)
        }
        calibrate = try request.calibrate.map {
            try Calibrate($0, job: job, isNew: Self.begun(job) == nil, cache: cache, logger: logger)
        }
    }

    /// The lists of images that the job works on, by role.
    package var lists: [(role: ImageRole, list: ImageList)] {
        [
            fit.map { (Fit.role, $0.list) }, calibrate.map { (Calibrate.role, $0.list) },
            inspect.map { (Inspect.role, $0.list) },
        ].compactMap { $0 }
    }

    /// Lets the lists go, once the journal has them: they are all that grows with the images.
    package mutating func forgetLists() {
        fit?.list = ImageList()
        fit?.lots = LotPlan()
        inspect?.list = ImageList()
        calibrate?.list = ImageList()
        calibrate?.lots = LotPlan()
    }

    /// What the job's directory holds already.
    static func begun(_ job: String) -> JobRecord? { try? Journal.read(JobDirectory(job)).job }

    static func isSame(_ path: String, _ other: String) throws -> Bool {
        guard let other = try? PinnedFile(path: other) else { return false }
        return try PinnedFile(path: path).isSame(as: other)
    }
}
