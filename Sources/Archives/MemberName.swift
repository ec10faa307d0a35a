/// The name of an archive's member, judged: what it would be below a folder, or why it is not read.
enum MemberName: Equatable {
    case path(String)
    case refused(String)
    /// Nobody asks for it: a name that begins with a dot, as folders' are passed over.
    case hidden

    private static let longest = 4_095

    init(_ name: String) {
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: true).map { Substring($0) }
            .filter { $0 != "." }
        if name.utf8.first == UInt8(ascii: "/") {
            self = .refused("its name in the archive begins with a slash; pack it with a relative name")
        } else if parts.contains("..") {
            self = .refused("its name in the archive leads out of it by '..'; pack it again")
        } else if parts.isEmpty || parts.contains(where: { $0.utf8.first == UInt8(ascii: ".") }) {
            self = .hidden
        } else if name.utf8.count > Self.longest {
            self = .refused(
                "its name in the archive has \(name.utf8.count) bytes, where at most \(Self.longest) are read")
        } else {
            self = .path(parts.joined(separator: "/"))
        }
    }

    /// The name of a file that a symbolic link of that name leads to; nil where that is outside of the archive.
    static func target(of link: String, in name: String) -> String? {
        guard link.utf8.first != UInt8(ascii: "/") else { return nil }
        var parts = name.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }.dropLast()
        for part in link.utf8.split(separator: UInt8(ascii: "/")).map({ Substring($0) }) where part != "." {
            if part == ".." {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(part)
            }
        }
        return parts.joined(separator: "/")
    }
}
