/// A list's entry that says where an object is beside the list: a path, as a list in a folder has it. Nothing in it is percent-encoded.
struct RelativeReference {
    private let entry: String
    private let list: String

    init(_ entry: String, in list: String) { (self.entry, self.list) = (entry, list) }

    /// The same as a part of a URL.
    var percentEncoded: RelativeReference {
        RelativeReference(PercentEncoding.encode(entry, keepingSlashes: true), in: list)
    }

    /// The parts of the path from the server's or the bucket's root. There are no links, so ".." takes the part before it away.
    /// - Parameter path: of the list, from the root.
    /// - Throws: `ObjectAddressError` where the entry leads above the root, or names no object.
    func joined(to path: String) throws -> [String] {
        let slash = UInt8(ascii: "/")
        let isAbsolute = entry.utf8.first == slash
        // Empty parts of the list's own path stay: they are parts of a key like others.
        var parts =
            isAbsolute
            ? [] : path.utf8.split(separator: slash, omittingEmptySubsequences: false).dropLast().map(Self.text)
        for part in entry.utf8.split(separator: slash).map(Self.text) where part != "." {
            if part != ".." {
                parts.append(part)
            } else if parts.popLast() == nil {
                throw ObjectAddressError(list, "the entry '\(entry.prefix(200))' leads above the root")
            }
        }
        guard let last = entry.utf8.split(separator: slash).last.map(Self.text), last != ".", last != "..",
            entry.utf8.last != slash
        else { throw ObjectAddressError(list, "the entry '\(entry.prefix(200))' names no object") }
        return parts
    }

    private static func text(_ part: Substring.UTF8View) -> String { String(Substring(part)) }
}
