import Imaging
import Journal

/// What is known about images from elsewhere: whether they are anomalous, and where.
public struct Truth: Sendable {
    public struct Entry: Equatable, Sendable {
        public let isAnomalous: Bool
        /// The file of a mask whose pixels other than 0 are anomalous.
        public let mask: String?

        public init(isAnomalous: Bool, mask: String? = nil) { (self.isAnomalous, self.mask) = (isAnomalous, mask) }
    }

    private var byFile: [String: Entry] = [:]
    private var byPath: [String: Entry] = [:]
    private var ambiguous: Set<String> = []

    /// How many images it tells of.
    public var count: Int { byFile.count }

    /// - Throws: ``InspectionError`` if an entry has no label.
    public init(_ list: ImageList) throws {
        let unlabelled = list.entries.filter { $0.label == nil }
        if let first = unlabelled.first {
            throw InspectionError(
                "the truth has no label for \(unlabelled.count) of \(list.entries.count) images, the first is "
                    + "\(first.path): give a CSV with the columns image_path and label_index (0 normal, 1 anomalous)")
        }
        for entry in list.entries {
            let known = Entry(isAnomalous: entry.label != 0, mask: entry.mask)
            byFile[entry.file] = known
            if let other = byPath[entry.path], other != known { ambiguous.insert(entry.path) }
            byPath[entry.path] = known
        }
    }

    /// What is known about an image of a job: by its file, or, if the files were moved, by its path as the lists name it.
    public func entry(for image: ImageRecord) -> Entry? {
        if let entry = byFile[image.file] { return entry }
        return ambiguous.contains(image.path) ? nil : byPath[image.path]
    }

    /// Whether a mask is known of any anomalous image.
    public var hasMasks: Bool { byFile.values.contains { $0.isAnomalous && $0.mask != nil } }
}
