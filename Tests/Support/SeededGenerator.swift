import Storage

/// The same numbers on every run.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var numbers: SplitMix64

    public init(seed: UInt64) { numbers = SplitMix64(seed: seed) }

    public mutating func next() -> UInt64 { numbers.next() }

    /// A number in `0..<bound`, by remainder, so that other languages say the same in a line.
    public mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }

    public mutating func percent(_ chance: Int) -> Bool { below(100) < chance }
}
