import Storage

/// A file of partial statistics, the unit of durability of a fit.
public struct PartialRecord: Equatable, Sendable {
    /// Its name in the job's folder of partials.
    public let file: String
    /// How many images it counts.
    public let images: Int
    /// How many values were clamped to the fixed-point range.
    public let clamped: Int64
    /// Of the file.
    public let digest: Digest
    /// Who folded its images; nil where the job had no audit then.
    public var maker: ResultMaker?

    public init(file: String, images: Int, clamped: Int64, digest: Digest, maker: ResultMaker? = nil) {
        (self.file, self.images, self.clamped, self.digest) = (file, images, clamped, digest)
        self.maker = maker
    }
}

extension PartialRecord {
    /// Whether the name stays in the folder of partials: files so named are written and deleted.
    var isFileNameSafe: Bool { !file.isEmpty && !file.hasPrefix(".") && !file.utf8.contains(UInt8(ascii: "/")) }
}

/// A partial that the journal has taken up.
public struct CommittedPartial: Equatable, Sendable {
    public let id: PartialID
    public let record: PartialRecord
    /// Of the images that it counts.
    public let role: ImageRole
    /// The lot of all of them, where its sums are kept apart.
    public let lot: Int?

    package init(id: PartialID, record: PartialRecord, role: ImageRole = .normal, lot: Int? = nil) {
        (self.id, self.record, self.role, self.lot) = (id, record, role, lot)
    }

    /// Whether both count images of one role and lot.
    package func isOfSameLot(as other: CommittedPartial) -> Bool { role == other.role && lot == other.lot }

    /// Whether the two can be added up into one file: they have the same role and lot and, in an audited job, the same worker. So the sums of a worker
    /// that is found to be wrong can be removed without those of others.
    package func addsUp(with other: CommittedPartial) -> Bool {
        isOfSameLot(as: other) && record.maker == other.record.maker
    }
}
