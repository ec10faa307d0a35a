import Storage

/// What is made of ranges of patches when all sums of a fit are in the job's directory.
///
/// The coordinator has begun the files that are written: their headers say of which images and settings they are. With `files` and `model`
/// a range's sums are added up and its covariances inverted; with `files` alone sums are added up, and with `model` alone the model is made of
/// sums that are there. These are the two passes of shrinkage, which needs the sums of all patches before it inverts any.
public struct MergeOrder: Codable, Equatable, Sendable {
    /// The job's directory, where all of it is.
    public let folder: SharedFolder
    /// The files of statistics to add up; empty if their sum is written already.
    public let files: [MergePart]
    /// The name in the directory that the file of sums has until all of it is there.
    public let statistics: String
    /// The same of the model; nil where none is made yet.
    public let model: String?
    /// What covariances are drawn towards; nil where they are not, or none is inverted.
    public let pooled: Blob?
    /// Whether the inversion is one with fused multiply-add. One without has other bits.
    public let fused: Bool

    public init(
        folder: SharedFolder, files: [MergePart], statistics: String, model: String?, pooled: Blob?, fused: Bool
    ) {
        (self.folder, self.files, self.statistics) = (folder, files, statistics)
        (self.model, self.pooled, self.fused) = (model, pooled, fused)
    }
}

/// A file of statistics that goes into a merge.
public struct MergePart: Codable, Equatable, Sendable {
    public let path: String
    /// Of its checks, as `StatisticsFile.contentDigest()` gives it: another machine may have another file there.
    public let digest: Digest

    public init(path: String, digest: Digest) { (self.path, self.digest) = (path, digest) }
}

extension Work {
    /// Whether patches are worked on, and not images.
    public var isMerge: Bool { if case .merge = self { true } else { false } }
}
