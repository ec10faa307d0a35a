import Foundation
import Storage

/// A list of images with labels, masks and splits, to be written as a CSV that `ImageList` reads.
public struct Manifest: Sendable, Equatable {
    /// One image of the list.
    public struct Row: Sendable, Equatable {
        /// From the root, as `mask`.
        public var image: String
        /// 0 is normal, 1 is not.
        public var label: Int
        /// The mask of its defects, or a folder of masks, which count together; nil: there is none.
        public var mask: String? = nil
        /// "train", "test" or "validation".
        public var split: String
        /// The kind of part or texture; nil: the layout has only one, and does not name it.
        public var category: String? = nil
        /// The kind of defect, where the layout names it.
        public var kind: String? = nil
    }

    /// The images, in the order in which they are written.
    public var rows: [Row]
    /// Images that are neither to fit nor to test: defective ones of a folder of images to fit.
    public internal(set) var leftOut = 0
    /// Images that are neither, since their labels are not published.
    public internal(set) var unlabelled = 0
    /// The layout that the folder was read by.
    public internal(set) var layout: DataSetLayout?
    /// Why the folder was taken to be laid out so; nil: it was asked for.
    public internal(set) var reason: String?
    /// What the user should know beside.
    public var notes: [String] = []

    /// The categories, in the order of the rows.
    public var categories: [String] {
        var seen: Set<String> = []
        return rows.compactMap(\.category).filter { seen.insert($0).inserted }
    }

    /// Lists one category of a data set that is laid out as MVTec AD, MVTec AD 2, MPDD or BTAD:
    ///
    ///     train/good/*                      normal, to fit
    ///     test/good/*                       normal, to test
    ///     test/DEFECT/*                     not normal, to test
    ///     ground_truth/DEFECT/NAME_mask.*   the mask of test/DEFECT/NAME.*; or NAME.*
    ///
    /// `good` may be `ok` or `normal`, there may be several folders of tests (`test_public`), and `ground_truth` may lie in
    /// them. Capitals make no difference. Without a folder `ground_truth` the rows have no masks; with one, a defective image
    /// without its mask is an error.
    /// - Throws: `ListError`, which says in what the folder differs.
    public static func fromMVTecFolder(_ folder: String) throws -> Manifest {
        let root = FilePath.absolute(folder)
        guard isFolder(root) else { throw ListError(folder, "no such folder") }
        guard let training = trainingFolder(root) else { throw ListError(folder, try missingTraining(root)) }
        let tests = try folders(in: root).filter { FolderWords.meaning(of: $0, among: []) == .heldBack }
        guard !tests.isEmpty else { throw ListError(folder, "it has no folder 'test' beside 'train'") }
        var rows = try ImageFolder(training).images.map {
            Row(image: training + "/" + $0, label: 0, mask: nil, split: "train")
        }
        guard !rows.isEmpty else { throw ListError(training, "no image to fit") }
        for test in tests.map({ root + "/" + $0 }) {
            let truth = try truthFolder(in: test) ?? truthFolder(in: root)
            for kind in try folders(in: test) where FolderWords.meaning(of: kind, among: []) != .mask {
                let isGood = FolderWords.isGood(kind)
                let masks = try isGood ? nil : truth.map { try Masks(folder: $0 + "/" + kind) }
                for image in try ImageFolder(test + "/" + kind).images {
                    rows.append(
                        Row(
                            image: "\(test)/\(kind)/\(image)", label: isGood ? 0 : 1,
                            mask: try masks?.mask(of: image), split: "test"))
                }
            }
        }
        guard rows.contains(where: { $0.split == "test" }) else {
            throw ListError(root + "/" + tests[0], "no image to test")
        }
        return Manifest(rows: rows)
    }

    /// Whether a folder is laid out so; what is in it is not looked at.
    public static func recognises(_ folder: String) -> Bool {
        let root = FilePath.absolute(folder)
        return trainingFolder(root) != nil
            && ((try? folders(in: root)) ?? []).contains { FolderWords.meaning(of: $0, among: []) == .heldBack }
    }

    /// The folder of the normal images to fit.
    private static func trainingFolder(_ root: String) -> String? {
        func first(_ folder: String, _ matches: (String) -> Bool) -> String? {
            ((try? folders(in: folder)) ?? []).first(where: matches).map { folder + "/" + $0 }
        }
        return first(root, FolderWords.isTraining).flatMap { first($0, FolderWords.isGood) }
    }

    private static func truthFolder(in folder: String) throws -> String? {
        try folders(in: folder).first { FolderWords.meaning(of: $0, among: []) == .mask }.map { folder + "/" + $0 }
    }

    /// The rows as CSV: `image_path,label_index,mask_path,split`, and `label,category` where rows have categories.
    /// - Parameter folder: where the CSV will stand. Paths within it are written relative to it, others from the root.
    public func csv(relativeTo folder: String) -> String {
        let base = FilePath.absolute(folder)
        let prefix = base == "/" ? base : base + "/"
        let hasCategories = rows.contains { $0.category != nil }
        var text = "image_path,label_index,mask_path,split\(hasCategories ? ",label,category" : "")\n"
        for row in rows {
            let fields = [
                Self.relative(row.image, prefix), String(row.label), row.mask.map { Self.relative($0, prefix) } ?? "",
                row.split,
            ]
            let more = hasCategories ? [Self.label(row), row.category ?? ""] : []
            text += (fields + more).map(Self.quoted).joined(separator: ",")
            text += "\n"
        }
        return text
    }

    /// What the column `label` says: the kind of defect, unless lists would take it for a word that says good or bad.
    private static func label(_ row: Row) -> String {
        row.label == 0 ? "good" : row.kind.flatMap(ListLabel.kind) ?? "anomaly"
    }

    /// Writes the CSV, whole or not at all.
    /// - Throws: `ListError` where a name has the end of a line in it, which lists cannot hold; `StorageError`.
    public func write(to path: String) throws {
        for name in rows.flatMap({ [$0.image, $0.mask, $0.category, $0.kind].compactMap { $0 } })
        where name.utf8.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            throw ListError(name, "a name with the end of a line in it, which no list can hold; rename the file")
        }
        let text = csv(relativeTo: FilePath.split(FilePath.absolute(path)).folder)
        try DurableFile.write(text.utf8, to: path)
    }

    private static func relative(_ path: String, _ prefix: String) -> String {
        path.utf8.starts(with: prefix.utf8) ? String(path.utf8.dropFirst(prefix.utf8.count)) ?? path : path
    }

    private static func quoted(_ field: String) -> String {
        let special = field.utf8.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }
        guard special || field.utf8.first == 32 || field.utf8.first == 9 else { return field }
        return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func folders(in path: String) throws -> [String] {
        try ImageFolder.children(of: path).map { ExactString($0.name) }.sorted().map(\.text)
            .filter { isFolder(path + "/" + $0) }
    }

    private static func missingTraining(_ root: String) throws -> String {
        let within = try folders(in: root).filter { trainingFolder(root + "/" + $0) != nil }
        if let category = within.first {
            return "it holds \(within.count) categories; give one of them, such as \(root)/\(category)"
        }
        return "not laid out as MVTec AD: it has no folder train/good with the normal images"
    }
}

/// The masks of one kind of defect, by the name of the image that each belongs to.
private struct Masks {
    private let folder: String
    private var files: [ExactString: String] = [:]

    init(folder: String) throws {
        self.folder = folder
        for file in (try? ImageFolder(folder).images) ?? [] { files[ExactString(MaskNames.stem(file))] = file }
    }

    func mask(of image: String) throws -> String {
        let stem = MaskNames.stem(image)
        for name in [stem + "_mask", stem] {
            if let file = files[ExactString(name)] { return folder + "/" + file }
        }
        throw ListError(folder, "no mask \(stem)_mask.png for the image \(image)")
    }
}
