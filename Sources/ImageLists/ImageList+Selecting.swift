import Settings

extension ImageList {
    /// The images that are meant, in the same order. Output paths stay those of the whole list.
    /// - Returns: also how many were left out, by their split as the list spells it.
    public func selecting(_ selection: SplitSelection) -> (list: ImageList, leftOut: [String: Int]) {
        var leftOut: [String: Int] = [:]
        for case let split? in entries.lazy.map(\.split) where !selection.takes(split) {
            leftOut[split, default: 0] += 1
        }
        guard !leftOut.isEmpty else { return (self, [:]) }
        return (keeping { selection.takes($0.split) }, leftOut)
    }
}
