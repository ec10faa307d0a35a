/// How often what was rehearsed: a simulator that no longer reaches a fault shows here.
public struct Tally: Sendable {
    public private(set) var counts: [String: Int] = [:]

    public init() {}

    mutating func count(_ name: String) { counts[name, default: 0] += 1 }

    public mutating func add(_ other: Tally) { counts.merge(other.counts, uniquingKeysWith: +) }
}
