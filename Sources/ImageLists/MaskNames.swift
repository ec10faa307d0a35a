/// Names of masks that lie beside their images: `Part0_label.bmp` beside `Part0.jpg`.
enum MaskNames {
    private static let marks = [
        "ground_truth", "groundtruth", "annotation", "label", "truth", "mask", "anno", "seg", "gt",
    ]
    private static let separators = [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: " ")]

    /// The path without its ending, if it has one.
    static func stem(_ path: String) -> String {
        let kind = FilePath.fileExtension(path)
        return kind.isEmpty ? path : String(decoding: path.utf8.dropLast(kind.utf8.count + 1), as: UTF8.self)
    }

    /// The mask of each image that has one, by the image's stem. Masks lie beside their images, or in a folder there that is called so:
    /// `Label/2_label.png` of `2.png`.
    static func masks(among paths: some Collection<String>) -> [ExactString: ExactString] {
        var candidates: [ExactString: ExactString] = [:]
        for path in paths {
            guard let image = image(ofMask: path) else { continue }
            for stem in [image, withoutMaskFolders(image)] where candidates[ExactString(stem)] == nil {
                candidates[ExactString(stem)] = ExactString(path)
            }
        }
        guard !candidates.isEmpty else { return [:] }
        var masks: [ExactString: ExactString] = [:]
        for path in paths {
            let stem = ExactString(stem(path))
            if let mask = candidates[stem], mask != ExactString(path) { masks[stem] = mask }
        }
        return masks
    }

    /// Whether a folder on the way is one of masks by its name.
    static func isInMaskFolder(_ path: String) -> Bool {
        FilePath.components(path).dropLast().contains { FolderWords.meaning(of: String($0), among: []) == .mask }
    }

    private static func withoutMaskFolders(_ path: String) -> String {
        let parts = FilePath.components(path).map(String.init)
        let folders = parts.dropLast().filter { FolderWords.meaning(of: $0, among: []) != .mask }
        return (folders + parts.suffix(1)).joined(separator: "/")
    }

    /// Whether one of the marks may be in the name of a file. It takes no memory, for lists have hundreds of thousands of names that have none.
    private static func mayNameAMask(_ path: String) -> Bool {
        let found = path.utf8.withContiguousStorageIfAvailable { bytes in
            let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
            return (start..<bytes.count).contains { place in
                firstLetters >> UInt32(bytes[place] & 31) & 1 == 1 && beginsWithMark(bytes[place...])
            }
        }
        return found ?? true
    }

    /// The marks' first letters, a bit each.
    private static let firstLetters = marks.compactMap(\.utf8.first).reduce(UInt32(0)) { $0 | 1 << UInt32($1 & 31) }

    /// Whether one of the marks stands there, or what differs from one in the bit that tells small letters from capitals.
    private static func beginsWithMark(_ bytes: some Collection<UInt8>) -> Bool {
        marks.contains { mark in
            bytes.lazy.map { $0 | 32 }.starts(with: mark.utf8.lazy.map { $0 | 32 })
        }
    }

    /// The stem of the image that this would be the mask of, by its name; nil where the name is not that of a mask.
    static func image(ofMask path: String) -> String? {
        guard mayNameAMask(path) else { return nil }
        let stem = stem(path)
        let folder = stem.utf8.lastIndex(of: UInt8(ascii: "/")).map { stem.utf8.index(after: $0) } ?? stem.startIndex
        let name = stem[folder...].lowercased()
        for mark in marks where name.utf8.count > mark.utf8.count + 1 {
            let rest = name.utf8.count - mark.utf8.count
            if name.utf8.suffix(mark.utf8.count).elementsEqual(mark.utf8),
                let separator = name.utf8.dropLast(mark.utf8.count).last, separators.contains(separator)
            {
                return String(decoding: stem.utf8.dropLast(mark.utf8.count + 1), as: UTF8.self)
            }
            if name.utf8.starts(with: mark.utf8), let separator = name.utf8.dropFirst(mark.utf8.count).first,
                separators.contains(separator)
            {
                return String(
                    decoding: Array(stem[..<folder].utf8) + stem.utf8.suffix(rest - 1), as: UTF8.self)
            }
        }
        return nil
    }
}
