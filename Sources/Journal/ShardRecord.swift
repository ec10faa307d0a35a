/// Consecutive images of a list that are dealt to a worker together.
public struct ShardRecord: Equatable, Sendable {
    /// Never used twice in a job.
    public let id: Int64
    public let role: ImageRole
    public let firstImage: Int64
    /// How many images.
    public let images: Int
    /// Whether its images count: true for ever once it is.
    public let isCommitted: Bool
    /// How often a worker has died over it.
    public let attempts: Int

    package init(id: Int64, role: ImageRole, firstImage: Int64, images: Int, isCommitted: Bool, attempts: Int) {
        (self.id, self.role, self.firstImage, self.images) = (id, role, firstImage, images)
        (self.isCommitted, self.attempts) = (isCommitted, attempts)
    }
}
