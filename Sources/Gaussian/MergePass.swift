/// What is made of a range of patches at once. Shrinkage draws each covariance towards the mean of all of them, so with it no covariance
/// can be inverted before all sums are there.
public enum MergePass: Equatable, Sendable {
    /// Sums alone, and the sums of their covariances' numerators.
    case sums
    /// The model of sums that are there.
    case model
    /// Sums, and the model of them.
    case both

    var makesSums: Bool { self != .model }
    var makesModel: Bool { self != .sums }
}
