/// A path out of a list, a journal or a message, that is to be put behind a folder's.
public enum RelativePath {
    /// Whether the path stays in the folder that it is put behind: it is not empty, holds no empty part, none that is "."
    /// or "..", and no byte 0. Bytes are compared, for `String` takes a dot and an accent that follows it for one
    /// character.
    public static func isContained(_ path: String) -> Bool {
        let (slash, dot) = (UInt8(ascii: "/"), UInt8(ascii: "."))
        return !path.utf8.contains(0)
            && path.utf8.split(separator: slash, omittingEmptySubsequences: false).allSatisfy { part in
                !part.isEmpty && !(part.count <= 2 && part.allSatisfy { $0 == dot })
            }
    }
}
