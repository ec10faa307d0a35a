/// A deliberate bug of a relay's shell, or of its parent's, which some seed must find.
public enum TreeFlaw: String, CaseIterable, Sendable {
    /// It keeps its sums when the parent has them.
    case keepSums
    /// It keeps its sums when its session is over.
    case keepSumsOverSessions
    /// It says that sums are kept, and now and then keeps none.
    case loseSums
    /// It adds sums up twice, now and then.
    case addTwice
    /// It goes on without the sums that a full disk has lost.
    case hideAFullDisk
    /// It does not tell the parent what its workers die on.
    case hideDeaths
    /// The coordinator's shell does not tell relays that a worker died on a shard.
    case forgetDeaths
}
