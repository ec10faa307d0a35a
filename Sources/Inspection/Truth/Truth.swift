import ImageLists
import Journal
import Settings
import Storage

/// What is known about images from elsewhere: whether they are anomalous, and where.
public struct Truth: Sendable {
    /// What is known of one image.
    public struct Entry: Equatable, Sendable {
        public let isAnomalous: Bool
        /// Where the mask is whose pixels other than 0 are anomalous.
        public let mask: ImageLocation?
        /// Whether metrics are about it: images of other splits are known, and left out.
        public let counts: Bool
        /// What the list says, or else its folders, for metrics by category.
        public let category: String?
        /// The kind of defect that the list or the image's folder names; nil for normal images.
        public let defect: String?
        /// The name of the lot that the list gives it.
        public let lot: String?

        public init(
            isAnomalous: Bool, mask: ImageLocation? = nil, counts: Bool = true, category: String? = nil,
            defect: String? = nil, lot: String? = nil
        ) {
            (self.isAnomalous, self.mask, self.counts) = (isAnomalous, mask, counts)
            (self.category, self.defect, self.lot) = (category, defect, lot)
        }

        /// Whether both say the same of an image that may be either.
        func agrees(with other: Entry) -> Bool {
            (isAnomalous, counts) == (other.isAnomalous, other.counts) && mask == other.mask
        }
    }

    private var byLocation: [ImageLocation: (entry: Entry, path: ExactString)] = [:]
    /// Nil where the path is that of several images of which not the same is known.
    private var byPath: [ExactString: Entry?] = [:]

    /// How many images it tells of.
    public var count: Int { byLocation.count }

    /// - Parameter split: which images of the list metrics are about: not those that the model was fitted on.
    /// - Throws: ``InspectionError`` if an entry has no label, or one image has two.
    public init(_ list: ImageList, split: SplitSelection = .toInspect) throws {
        let unlabelled = list.entries.indices.filter {
            list.entries[$0].label == nil && split.takes(list.entries[$0].split)
        }
        if let first = unlabelled.first.map({ list.entries[$0] }) {
            let unused = list.unusedColumns.prefix(8).map { "'\($0)'" }.joined(separator: ", ")
            throw InspectionError(
                "the truth has no label for \(unlabelled.count) of \(list.entries.count) images, the first is "
                    + "\(first.path): give a CSV with the columns image_path and label_index (0 normal, 1 anomalous)"
                    + (unused.isEmpty ? "" : "; columns that are not used: \(unused)"))
        }
        if let twice = list.duplicates.first(where: \.isContradiction) {
            throw InspectionError(
                "the truth has two labels for \(twice.path), in \(twice.whereFirst) and in \(twice.whereAgain)")
        }
        byLocation.reserveCapacity(list.entries.count)
        byPath.reserveCapacity(list.entries.count)
        var last: (folder: String, says: ImageFolders)?
        for entry in list.entries {
            let folder = Folder.parent(of: entry.location.text)
            // Images of a folder follow one another.
            let folders = last.flatMap { $0.folder == folder ? $0.says : nil } ?? ImageFolders(folder)
            last = (folder, folders)
            let isAnomalous = (entry.label ?? 0) != 0
            let known = Entry(
                isAnomalous: isAnomalous, mask: entry.mask, counts: split.takes(entry.split),
                category: entry.category ?? folders.category, defect: isAnomalous ? entry.kind ?? folders.kind : nil,
                lot: entry.lot)
            let path = ExactString(entry.path)
            byLocation[entry.location] = (known, path)
            byPath[path] = byPath[path].map { $0?.agrees(with: known) == true ? known : nil } ?? known
        }
    }

    /// The same for a job's images: they are found by their files, or else, if the files were moved, by their paths as the
    /// lists name them. A path says nothing where it is that of several of the job's images, or of one that was found by its file.
    package func applied(to journal: Journal) throws -> Truth {
        var truth = self
        var seen = Set<ExactString>()
        try journal.forEachImage(.inspect) { row in
            if let found = byLocation[row.record.location] { truth.byPath[found.path] = .some(nil) }
            let path = ExactString(row.record.path)
            if byPath[path] != nil, !seen.insert(path).inserted { truth.byPath[path] = .some(nil) }
        }
        return truth
    }

    /// What is known about an image of a job.
    package func entry(for image: ImageRecord) -> Entry? {
        byLocation[image.location]?.entry ?? byPath[ExactString(image.path)] ?? nil
    }

    /// Whether a mask is known of any anomalous image.
    public var hasMasks: Bool {
        byLocation.values.contains { $0.entry.counts && $0.entry.isAnomalous && $0.entry.mask != nil }
    }
}
