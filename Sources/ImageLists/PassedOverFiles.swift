import Imaging

/// The files of folders that are not in a list because of their names.
public struct PassedOverFiles: Sendable, Equatable {
    /// How many, by the ending of their names in lower case, or by what they are instead.
    public internal(set) var counts: [String: Int] = [:]
    /// How many of them are archives that were not looked into, since there are images beside them.
    public internal(set) var archives = 0

    /// Those that images have in formats that are known and not read.
    public var images: [String: Int] { counts.filter { ForeignFormat.imageExtensions.contains($0.key) } }
    /// All others.
    public var others: [String: Int] { counts.filter { !ForeignFormat.imageExtensions.contains($0.key) } }

    /// The commonest kinds first: `60 heic, 3 gif`.
    public static func text(_ counts: [String: Int]) -> String {
        let kinds = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let named = kinds.prefix(6).map { "\($0.value) \($0.key.isEmpty ? "without an ending" : $0.key)" }
        let rest = kinds.dropFirst(6).reduce(0) { $0 + $1.value }
        return (named + (rest > 0 ? ["\(rest) others"] : [])).joined(separator: ", ")
    }

    mutating func add(_ kind: String) { counts[kind, default: 0] += 1 }

    mutating func add(_ more: PassedOverFiles) {
        counts.merge(more.counts, uniquingKeysWith: +)
        archives += more.archives
    }
}
