/// Sorts names by their bytes.
package enum ByteOrder {
    /// The names in the order of ``ExactString``.
    ///
    /// Names of one folder mostly begin alike. The eight bytes behind what all of them begin with are compared as one number, and only names
    /// that are equal there are compared as a whole.
    package static func sorted(_ names: [String]) -> [String] {
        guard let first = names.first else { return [] }
        var common = first.utf8.count
        for name in names where common > 0 { common = commonLength(first, name, atMost: common) }
        var keys: [(key: UInt64, place: Int)] = []
        keys.reserveCapacity(names.count)
        for (place, name) in names.enumerated() { keys.append((key(name, from: common), place)) }
        keys.sort { left, right in
            left.key == right.key
                ? ExactString(names[left.place]) < ExactString(names[right.place]) : left.key < right.key
        }
        return keys.map { names[$0.place] }
    }

    private static func commonLength(_ left: String, _ right: String, atMost limit: Int) -> Int {
        withBytes(left) { left in
            withBytes(right) { right in
                let limit = min(limit, left.count, right.count)
                return (0..<limit).first { left[$0] != right[$0] } ?? limit
            }
        }
    }

    /// The bytes from a place on as a number that is ordered as they are. A name that ends there comes first: no name has a byte 0.
    private static func key(_ name: String, from start: Int) -> UInt64 {
        withBytes(name) { bytes in
            (start..<start + 8).reduce(UInt64(0)) { $0 << 8 | ($1 < bytes.count ? UInt64(bytes[$1]) : 0) }
        }
    }

    private static func withBytes<Result>(_ text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = text.utf8.withContiguousStorageIfAvailable(body) { return result }
        var text = text
        return text.withUTF8(body)
    }
}
