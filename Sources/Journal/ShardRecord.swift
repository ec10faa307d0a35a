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

    package init(id: ShardID, role: ImageRole, firstImage: ImageID, images: Int, isCommitted: Bool, attempts: Int) {
        (self.id, self.role, self.firstImage, self.images) = (id, role, firstImage, images)
        (self.isCommitted, self.attempts) = (isCommitted, attempts)
    }
}
