import Foundation

/// Paths as text. Works on bytes: `String` would take a slash and an accent that follows it for one character.
enum FilePath {
    private static let slash = UInt8(ascii: "/")

    static func isAbsolute(_ path: String) -> Bool { path.utf8.first == slash }

    /// The parts between slashes, without empty ones and ".".
    static func components(_ path: String) -> [Substring] {
        path.utf8.split(separator: slash).map { Substring($0) }.filter { $0 != "." }
    }

    /// `path`, taken to be relative to `folder` unless it is absolute, without empty parts and ".".
    ///
    /// ".." stays: what it leads to is for the file system to say, since the part before it may be a link.
    static func resolve(_ path: String, in folder: String) -> String {
        isTidy(path)
            ? (isAbsolute(path) ? path : folder == "/" ? "/" + path : folder + "/" + path)
            : "/" + (components(isAbsolute(path) ? "" : folder) + components(path)).joined(separator: "/")
    }

    /// Whether no part is empty or ".".
    private static func isTidy(_ path: String) -> Bool {
        var path = path
        return path.withUTF8 { bytes in
            var start = 0
            for (index, byte) in bytes.enumerated() where byte == slash {
                if index == start && index > 0 { return false }
                if index == start + 1 && bytes[start] == UInt8(ascii: ".") { return false }
                start = index + 1
            }
            return start < bytes.count && !(start + 1 == bytes.count && bytes[start] == UInt8(ascii: "."))
        }
    }

    /// The path from the root, by the working folder.
    static func absolute(_ path: String) -> String {
        resolve(path, in: isAbsolute(path) ? "/" : FileManager.default.currentDirectoryPath)
    }

    /// The folder that holds the file, and the file's name there.
    static func split(_ absolutePath: String) -> (folder: String, name: String) {
        guard let cut = absolutePath.utf8.lastIndex(of: slash) else { return ("/", absolutePath) }
        let name = String(absolutePath[absolutePath.utf8.index(after: cut)...])
        return (cut == absolutePath.startIndex ? "/" : String(absolutePath[..<cut]), name)
    }

    /// For messages: in quotes, and what is not seen on a screen is written out, as `\t` or `\u{a0}`.
    static func shown(_ path: String) -> String {
        var text = "'"
        for scalar in path.unicodeScalars {
            switch scalar {
            case "\t": text += "\\t"
            case "\r": text += "\\r"
            case "\n": text += "\\n"
            case " ": text += " "
            case _ where scalar.properties.isWhitespace || scalar.value < 32 || scalar.value == 127,
                _ where [.format, .control].contains(scalar.properties.generalCategory):
                text += "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "'"
    }

    /// The same where it would be misread bare; else the path as it is.
    static func shownIfOdd(_ path: String) -> String {
        let shown = shown(path)
        let isPlain =
            shown.utf8.count == path.utf8.count + 2 && path.utf8.first != 32 && path.utf8.last != 32 && !path.isEmpty
        return isPlain ? path : shown
    }

    /// Lower-case, without the dot; empty where the name has none.
    static func fileExtension(_ name: String) -> String {
        var name = name
        return name.withUTF8 { bytes in
            guard let dot = bytes.lastIndex(where: { $0 == UInt8(ascii: ".") || $0 == slash }), dot > 0,
                bytes[dot] != slash
            else { return "" }
            return String(decoding: bytes[(dot + 1)...], as: UTF8.self).lowercased()
        }
    }

    /// Whether a file lies in a folder itself, and in none within it.
    /// - Parameter folder: from the root, as ``split(_:)`` gives it.
    static func lies(_ absolutePath: String, directlyIn folder: String) -> Bool {
        let (path, folder) = (absolutePath.utf8, folder.utf8)
        guard path.count > folder.count, path.starts(with: folder) else { return false }
        let rest = path.dropFirst(folder.count)
        return rest.first == slash && !rest.dropFirst().contains(slash)
    }
}
