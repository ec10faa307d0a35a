import Foundation
import Storage

/// The folder that one job owns, and the names of what lies in it.
public struct JobDirectory: Hashable, Sendable {
    /// Absolute, without a trailing slash.
    public let path: String

    /// Names a directory; nothing is touched.
    public init(_ path: String) {
        let standard = URL(fileURLWithPath: path, isDirectory: false).standardizedFileURL.path
        self.path = standard
    }

    /// The journal: shards, partials, images, results.
    public var database: String { inside(JobLayout.database) }
    /// Locked by the coordinator that owns the job; it says who that is.
    public var lockFile: String { inside(JobLayout.lockFile) }
    /// Partial statistics, one file a commit.
    public var partials: String { inside(JobLayout.partials) }
    /// The merged exact sums.
    public var statistics: String { inside(JobLayout.statistics) }
    /// The model that the job fits.
    public var model: String { inside(JobLayout.model) }
    /// The model that waits for its calibration.
    public var uncalibratedModel: String { inside(JobLayout.uncalibratedModel) }
    /// Anomaly maps, mirroring the folders of the list.
    public var maps: String { inside(JobLayout.maps) }
    /// Maps drawn over their images, mirroring the folders of the list.
    public var overlays: String { inside(JobLayout.overlays) }
    /// The table of results.
    public var results: String { inside(JobLayout.results) }
    /// The report.
    public var report: String { inside(JobLayout.report) }

    /// What the jobs of several products are called, where the directory holds one a product.
    public var productTable: String { inside(JobLayout.productTable) }

    /// The directory of a product's own job.
    public func product(_ name: String) -> JobDirectory {
        JobDirectory(inside("\(JobLayout.products)/\(ProductFolder.name(of: name))"))
    }

    /// The absolute path of something that the journal names relative to the job.
    public func inside(_ relative: String) -> String { path + "/" + relative }

    /// The absolute path of a partial that the journal names.
    public func partial(_ name: String) -> String { partials + "/" + name }

    /// Makes the directory, and folders above it, where they are missing.
    public func create() throws { try Folder.create(path) }

    /// Makes the folder for the partials where it is missing.
    public func createPartials() throws { try Folder.create(partials) }
}
