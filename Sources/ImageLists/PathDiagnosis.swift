import Archives
import Foundation

/// Why a path leads to no file, found out by looking: often it is right but for a blank, a slash or a capital letter.
struct PathDiagnosis {
    /// As it was written.
    private let written: String
    /// The folder that it is relative to, from the root.
    private let base: String
    /// The list that names it; nil where the command does.
    private let list: String?

    init(_ written: String, in base: String, list: String?) {
        (self.written, self.base, self.list) = (written, base, list)
    }

    /// The cause, and what helps. Ends without a full stop.
    var cause: String {
        address ?? kind ?? spelling ?? placeElsewhere ?? notationOfElsewhere ?? archive ?? absence
    }

    /// `s3://bucket/a.png`
    private var address: String? {
        guard let mark = written.firstRange(of: "://"), mark.lowerBound != written.startIndex,
            written[..<mark.lowerBound].utf8.allSatisfy({ isalnum(Int32($0)) != 0 || "+.-".utf8.contains($0) })
        else { return nil }
        let scheme = written[..<mark.lowerBound].lowercased()
        if scheme == "file" {
            let path = String(written[mark.upperBound...])
            return "it is an address, not a path: write \(FilePath.shown(path.removingPercentEncoding ?? path))"
        }
        return
            "it is an address of a network (\(scheme)://), of which only s3://, http:// and https:// are read: copy the images to one of "
            + "these or to a disk that all workers see, and list them there"
    }

    /// Something is there, and it is no file; or the system does not let it be seen.
    private var kind: String? {
        let path = FilePath.resolve(written, in: base)
        var status = stat()
        if stat(path, &status) == 0 {
            switch status.st_mode & S_IFMT {
            case S_IFREG: return nil
            case S_IFDIR:
                let listed =
                    list == nil ? "" : "; a list names files, and the folder itself may be given instead of a list"
                return "it is a folder" + listed
            default: return "it is neither a file nor a folder"
            }
        }
        let error = errno
        var link = stat()
        if error == ENOENT, lstat(path, &link) == 0, link.st_mode & S_IFMT == S_IFLNK {
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
            return "it is a link to \(FilePath.shown(target ?? "")), which is not there"
        }
        return error == ENOENT || error == ENOTDIR ? nil : "the system says: \(String(cString: strerror(error)))"
    }

    /// The same path, written otherwise, is there.
    private var spelling: String? {
        var path = written
        var found: [String] = []
        for (name, change) in Self.spellings {
            // Each alone, and what went before with it: a line may be quoted and end with a blank.
            if change(written) != written, exists(change(written)) { return remedy([name], change(written)) }
            guard change(path) != path else { continue }
            path = change(path)
            found.append(name)
            if exists(path) { return remedy(found, path) }
        }
        return onDisk.map { "on the disk it is spelt \(FilePath.shown($0))" }
    }

    private func remedy(_ found: [String], _ path: String) -> String {
        "\(found.joined(separator: " and ")); \(FilePath.shown(path)) is there"
    }

    private static let spellings: [(name: String, change: @Sendable (String) -> String)] = [
        ("it begins or ends with blanks, tabs or signs that are not seen", { trimmed($0) }),
        ("quotes stand around it, which belong to CSV lists only", { unquoted($0) }),
        ("blanks or other signs stand within its quotes", { trimmed($0) }),
        ("it has backslashes as on Windows, where slashes are needed", { $0.replacing("\\", with: "/") }),
        (
            "it is not a path alone, but a line of columns: a CSV list begins with a header such as image_path,label_index",
            { firstField($0) }
        ),
        ("~ and variables are not replaced in lists", { expanded($0) }),
        ("it is written as in an address", { $0.removingPercentEncoding ?? $0 }),
    ]

    private static func trimmed(_ path: String) -> String {
        let unseen: (Unicode.Scalar) -> Bool = {
            $0.properties.isWhitespace || $0.value < 32 || $0.properties.generalCategory == .format
        }
        let scalars = path.unicodeScalars.drop(while: unseen).reversed().drop(while: unseen).reversed()
        return String(String.UnicodeScalarView(scalars))
    }

    private static func unquoted(_ path: String) -> String {
        for (open, close) in [("\"", "\""), ("'", "'"), ("\u{201C}", "\u{201D}"), ("<", ">")] {
            if path.count > 2, path.hasPrefix(open), path.hasSuffix(close) {
                return String(path.dropFirst().dropLast())
            }
        }
        return path
    }

    private static func firstField(_ path: String) -> String {
        guard let end = path.utf8.firstIndex(where: { ",;\t|".utf8.contains($0) }) ?? path.utf8.lastIndex(of: 32) else {
            return path
        }
        return unquoted(String(path[..<end]))
    }

    private static func expanded(_ path: String) -> String {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["HOME"] ?? "~"
        if path == "~" || path.hasPrefix("~/") { return home + path.dropFirst() }
        guard path.hasPrefix("$") else { return path }
        let name = path.dropFirst().prefix { $0 != "/" }
        let bare = name.hasPrefix("{") && name.hasSuffix("}") ? name.dropFirst().dropLast() : name
        return environment[String(bare)].map { $0 + path.dropFirst(name.count + 1) } ?? path
    }

    /// The path as the disk spells it, where only the case of letters, the composition of accents or the file's ending differ.
    private var onDisk: String? {
        var folder = FilePath.isAbsolute(written) ? "" : base == "/" ? "" : base
        var spelt: [String] = []
        let parts = FilePath.components(written).map(String.init)
        for (number, part) in parts.enumerated() {
            var status = stat()
            if stat(folder + "/" + part, &status) == 0 {
                spelt.append(part)
            } else {
                // What cannot be read, or has too many names to look through, says nothing.
                guard let names = try? ImageFolder.children(of: folder.isEmpty ? "/" : folder), names.count <= 200_000,
                    let name = Self.alike(part, names.lazy.map(\.name), isLast: number == parts.count - 1)
                else { return nil }
                spelt.append(name)
            }
            folder += "/" + (spelt.last ?? "")
        }
        let path = (FilePath.isAbsolute(written) ? "/" : "") + spelt.joined(separator: "/")
        return exists(path) && !path.utf8.elementsEqual(written.utf8) ? path : nil
    }

    private static func alike(_ part: String, _ names: some Sequence<String>, isLast: Bool) -> String? {
        // `String` holds accents composed in two ways equal.
        let wanted = part.lowercased()
        if let same = names.first(where: { $0.lowercased() == wanted }) { return same }
        guard isLast else { return nil }
        let stem = MaskNames.stem(wanted)
        return names.first {
            ImageFolder.extensions.contains(FilePath.fileExtension($0)) && MaskNames.stem($0.lowercased()) == stem
        }
    }

    /// The path is relative to another folder than the list's.
    private var placeElsewhere: String? {
        guard !FilePath.isAbsolute(written) else {
            return exists(String(written.drop { $0 == "/" })) ? relativeWord : nil
        }
        guard let list else { return nil }
        var places = [FileManager.default.currentDirectoryPath]
        var above = base
        for _ in 0..<3 where above != "/" {
            above = FilePath.split(above).folder
            places.append(above)
        }
        guard let place = places.first(where: { exists(written, in: $0) }) else { return nil }
        return "paths are relative to the folder of their list, \(FilePath.shown(base)), and this one is there from "
            + "\(FilePath.shown(place)): move \(FilePath.shown(list)) there, or write paths from the root"
    }

    private var relativeWord: String {
        "it begins with a slash, and is there without: \(FilePath.shown(String(written.drop { $0 == "/" })))"
    }

    /// What cannot be a path of this system, though no file was found for it.
    private var notationOfElsewhere: String? {
        let bytes = Array(written.utf8.prefix(3))
        if bytes.count == 3, isalpha(Int32(bytes[0])) != 0, bytes[1] == UInt8(ascii: ":"),
            [0x5C, 0x2F].contains(bytes[2])
        {
            return "it is a path of Windows, with a drive's letter: write where the folder is mounted here"
        }
        if written.contains("\\") {
            return "it has backslashes as on Windows, where slashes are needed; nor is it there with slashes"
        }
        if written.contains("*") || written.contains("?") {
            return "wildcards are not replaced: give the folder, or a list of its files"
        }
        let trimmed = Self.trimmed(written)
        guard !trimmed.utf8.elementsEqual(written.utf8) else { return nil }
        return "it begins or ends with blanks, tabs or signs that are not seen; nor is \(FilePath.shown(trimmed)) there"
    }

    /// `images.zip/a.png`
    private var archive: String? {
        var path = FilePath.isAbsolute(written) ? "" : base == "/" ? "" : base
        for part in FilePath.components(written) {
            path += "/" + part
            var status = stat()
            guard stat(path, &status) == 0 else { break }
            guard status.st_mode & S_IFMT == S_IFREG else { continue }
            let what =
                !ArchiveKind.isNamed(path)
                ? "a file, and no folder" : "an archive, which has no such member"
            return "\(FilePath.shown(path)) is \(what)"
        }
        if ArchiveKind.isNamed(written) { return "it names an archive, and it is not there" }
        return nil
    }

    private var absence: String {
        var path = FilePath.resolve(written, in: base)
        path = FilePath.split(path).folder
        var missing: String?
        while !isFolder(path), path != "/" {
            missing = path
            path = FilePath.split(path).folder
        }
        guard let missing else { return "there is no such file in the folder" }
        let isEmpty = (try? ImageFolder.children(of: path).isEmpty) ?? false
        return "there is no folder \(FilePath.shown(missing))"
            + (isEmpty ? ", and \(FilePath.shown(path)) is empty: is it mounted?" : "")
    }

    private func exists(_ path: String, in folder: String? = nil) -> Bool {
        guard !path.isEmpty, !path.utf8.contains(0), path.utf8.count < 4096 else { return false }
        var status = stat()
        guard stat(FilePath.resolve(path, in: folder ?? base), &status) == 0 else { return false }
        // What a command names may be a folder.
        return status.st_mode & S_IFMT == S_IFREG || list == nil && status.st_mode & S_IFMT == S_IFDIR
    }

    private func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
