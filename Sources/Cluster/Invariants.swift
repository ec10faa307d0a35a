/// What must hold of a core between two events, checked: the first statement that does not hold is remembered.
///
/// A broken invariant is a mistake of the core, never of its input. Debug builds stop at it; the simulator reports it.
struct Invariants {
    private(set) var broken: String?

    /// - Parameter words: what does not hold, where `isTrue` is false.
    mutating func require(_ isTrue: Bool, _ words: @autoclosure () -> String) {
        if !isTrue, broken == nil { broken = words() }
    }
}
