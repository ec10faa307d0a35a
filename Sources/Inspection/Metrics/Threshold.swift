/// The rule by which an image is flagged: what scores at least this much.
///
/// At least, and not more than: so the threshold that an evaluation names, which is the score of an image, flags that image.
public struct Threshold: Equatable, Sendable {
    public let value: Double

    public init(_ value: Double) { self.value = value }

    public func flags(_ score: Float) -> Bool { Double(score) >= value }
}
