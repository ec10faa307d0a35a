import Settings
import Storage

/// Gives every listed path a place of its own among the results. See `ImageList.Entry.outputRelativePath`.
struct OutputNames {
    // Lower-case, and `String` holds accents composed in two ways equal: so are they on some file systems.
    private var taken: Set<String> = []
    private var repeats: [String: Int] = [:]

    // File systems take 255 bytes a part; the rest is for a suffix and an extension.
    private static let longestPart = 200
    private static let longestPath = 1000
    private static let resultExtensions = Set(ImageFolder.extensions + MapFormat.allCases.map(\.fileExtension))

    /// The output path of the next entry, without the extension that its results will have.
    mutating func stem(for path: String) -> String {
        // Nearly every path of a long list is plain; taking it apart would be most of the time of loading the list.
        if let plain = Self.plainStem(path), take(plain) { return plain }
        var parts = FilePath.components(path).map(Self.safe)
        let name = parts.popLast() ?? "_"
        // A folder "a.png" would stand in the way of the results of an image "a".
        let folders = parts.map { Self.resultExtensions.contains(FilePath.fileExtension($0)) ? $0 + "~" : $0 }
        let kind = FilePath.fileExtension(name)
        // By bytes: some characters take the dot that follows them for a part of themselves.
        let bare =
            ImageFolder.extensions.contains(kind)
            ? String(decoding: name.utf8.dropLast(kind.utf8.count + 1), as: UTF8.self) : name
        let mirrored = (folders + [bare]).joined(separator: "/")
        let stem = mirrored.utf8.count <= Self.longestPath ? mirrored : "~long/" + Digest(of: path.utf8).hex
        if take(stem) { return stem }
        // a.png and a.jpg in one folder: the second keeps its extension; after that, a number.
        let full = (folders + [name]).joined(separator: "/")
        if stem == mirrored, full.utf8.count <= Self.longestPath, take(full) { return full }
        var number = repeats[stem.lowercased()] ?? 2
        while !take("\(stem)~\(number)") { number += 1 }
        repeats[stem.lowercased()] = number + 1
        return "\(stem)~\(number)"
    }

    /// No further entry gets this path.
    mutating func reserve(_ stem: String) { _ = take(stem) }

    /// The output path of the next entry: the one that it has where no other has it.
    mutating func keep(_ own: String, for path: String) -> String { take(own) ? own : stem(for: path) }

    private mutating func take(_ stem: String) -> Bool {
        let isLowercase = stem.utf8.allSatisfy { $0 < 128 && !(UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0) }
        return taken.insert(isLowercase ? stem : stem.lowercased()).inserted
    }

    /// Makes room for so many entries.
    mutating func reserveCapacity(_ count: Int) { taken.reserveCapacity(count) }

    /// The stem of a path of printable ASCII in which nothing has to change but a leading slash and the image's extension;
    /// nil for any other. It is what the long way gives.
    private static func plainStem(_ path: String) -> String? {
        var path = path
        return path.withUTF8 { bytes -> String? in
            guard bytes.count <= longestPart else { return nil }
            let slash = UInt8(ascii: "/")
            let dot = UInt8(ascii: ".")
            let first = bytes.first == slash ? 1 : 0
            var partStart = first
            var lastDot: Int?
            for index in first..<bytes.count {
                let byte = bytes[index]
                guard byte > 32, byte < 127 else { return nil }
                if byte == dot { lastDot = index }
                if byte == slash {
                    // An empty part, or a folder with a dot in its name.
                    guard index > partStart, lastDot == nil else { return nil }
                    partStart = index + 1
                }
            }
            guard let end = lastDot, end > partStart, !bytes[partStart..<end].contains(dot) else { return nil }
            let kind = String(decoding: bytes[(end + 1)...], as: UTF8.self).lowercased()
            return ImageFolder.extensions.contains(kind) ? String(decoding: bytes[first..<end], as: UTF8.self) : nil
        }
    }

    /// One part of a path, made harmless: never "..", no control characters, not too long.
    private static func safe(_ part: Substring) -> String {
        if part == ".." { return "__" }
        let clean =
            part.utf8.contains { $0 < 32 || $0 == 127 }
            ? String(part.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "_" : Character($0) }) : String(part)
        guard clean.utf8.count > longestPart else { return clean }
        let kind = FilePath.fileExtension(clean)
        var head = ""
        for character in clean where head.utf8.count + character.utf8.count <= longestPart - 40 {
            head.append(character)
        }
        let ending = ImageFolder.extensions.contains(kind) ? "." + kind : ""
        return head + "~" + Digest(of: clean.utf8).hex.prefix(16) + ending
    }
}
