/// The rule by which an image is flagged: what scores at least this much.
///
/// At least, and not more than: so the threshold that an evaluation names, which is the score of an image, flags that image.
/// It is a Float32 as scores are: the shortest text of one, read as a Double, may be above the score that it was printed for.
public struct Threshold: Equatable, Sendable {
    public let value: Float

    public init(_ value: Float) { self.value = value }

    /// Whether an image of that score is flagged.
    public func flags(_ score: Float) -> Bool { score >= value }
}
