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

    /// The stem of the image that this would be the mask of, by its name; nil where the name is not that of a mask.
    static func image(ofMask path: String) -> String? {
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
