/// How an inspection takes up images that its lists have got since it began.
public struct GrowthOptions: Equatable, Sendable {
    /// So long is waited between two looks at the lists; nil: they are looked at once.
    public var interval: Duration?
    /// A file is read once its size and time were the same for so long.
    public var restTime: Duration

    public init(interval: Duration? = nil, restTime: Duration = .seconds(2)) {
        (self.interval, self.restTime) = (interval, restTime)
    }
}
