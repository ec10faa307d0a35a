import Storage

/// The job's directory as the coordinator sees it, and how a worker knows that it sees the same one.
public struct SharedFolder: Codable, Equatable, Sendable {
    public let directory: String
    /// A file in that directory, and what the coordinator wrote into it. It takes the file away when nothing is to be written any more,
    /// and writes another value when it starts anew.
    public let probe: String
    public let probeValue: String

    public init(directory: String, probe: String, probeValue: String) {
        (self.directory, self.probe, self.probeValue) = (directory, probe, probeValue)
    }
}

extension InspectionOrder {
    /// Where a worker that sees it writes maps and overlays itself.
    public var folder: SharedFolder {
        SharedFolder(directory: directory, probe: probe, probeValue: probeValue)
    }
}

extension Work {
    /// Where a worker that sees it writes its sums itself; nil where all are sent, or there are none.
    public var folderOfSums: SharedFolder? {
        guard case .accumulate(_, _, let folder, _) = self else { return nil }
        return folder
    }
}

/// Sums that a worker wrote into the job's directory, as a file whose name follows from the upload's number.
public struct WrittenSums: Equatable, Sendable {
    public let images: Int64
    /// Numbers that were beyond the grid's limit and set to it.
    public let clamped: Int64
    /// That the images gave: as many as images, or more.
    public let samples: Int64
    /// Of the whole file.
    public let byteCount: Int64
    /// Of the file's checks, as `StatisticsFile.contentDigest()` gives it.
    public let digest: Digest

    public init(images: Int64, clamped: Int64, samples: Int64, byteCount: Int64, digest: Digest) {
        (self.images, self.clamped, self.samples) = (images, clamped, samples)
        (self.byteCount, self.digest) = (byteCount, digest)
    }
}
