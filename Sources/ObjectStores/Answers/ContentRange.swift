/// The header `Content-Range` of a part of an object: which bytes are sent, and of how many.
package struct ContentRange: Equatable, Sendable {
    package let bytes: Range<Int64>
    /// Nil where the server does not tell it.
    package let total: Int64?

    /// - Returns: nil where it is not `bytes FIRST-LAST/TOTAL`, or the numbers cannot be.
    package init?(_ text: String) {
        let unit = "bytes "
        guard text.utf8.count < 100, text.lowercased().hasPrefix(unit) else { return nil }
        let parts = text.dropFirst(unit.count).split(separator: "/", omittingEmptySubsequences: false)
        let ends = parts.first?.split(separator: "-", omittingEmptySubsequences: false) ?? []
        guard parts.count == 2, ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]),
            first <= last
        else { return nil }
        bytes = first..<(last + 1)
        guard parts[1] != "*" else {
            total = nil
            return
        }
        guard let total = Self.number(parts[1]), total > last else { return nil }
        self.total = total
    }

    /// Digits only, and so few of them that a sum of two is no risk.
    private static func number(_ text: Substring) -> Int64? {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(text)
    }
}
