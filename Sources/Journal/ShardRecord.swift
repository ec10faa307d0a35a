import Storage

/// Consecutive images of a list that are dealt to a worker together.
public struct ShardRecord: Equatable, Sendable {
    /// Never used twice in a job.
    public let id: ShardID
    public let role: ImageRole
    public let firstImage: ImageID
    /// How many images.
    public let images: Int
    /// Whether its images count: true for ever once it is.
    public let isCommitted: Bool
    /// How often a worker has died over it.
    public let attempts: Int
    /// The lot of all its images, where what is made of a lot is kept apart: shards of one lot are done together. Nil: it is not kept apart.
    public let lot: Int?

    package init(
        id: ShardID, role: ImageRole, firstImage: ImageID, images: Int, isCommitted: Bool, attempts: Int,
        lot: Int? = nil
    ) {
        (self.id, self.role, self.firstImage, self.images) = (id, role, firstImage, images)
        (self.isCommitted, self.attempts, self.lot) = (isCommitted, attempts, lot)
    }
}

/// A shard that is to be registered.
public struct NewShard: Equatable, Sendable {
    /// How many images.
    public let images: Int
    /// As of ``ShardRecord``.
    public let lot: Int?

    public init(images: Int, lot: Int? = nil) { (self.images, self.lot) = (images, lot) }
}
