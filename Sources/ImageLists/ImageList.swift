import Foundation
import ImageAccess
import Imaging
import Storage

/// The images of a job, in order.
///
/// A list is read from one source or several, one after the other:
/// - a folder, walked to its depths: files whose names end as an `ImageFormat`'s do, sorted by path, byte by byte.
///   Names that begin with a dot are passed over, and so are jobs' own `maps`, `overlays` and `partials`; links are
///   followed, except in circles.
/// - a CSV file with a header that names `image_path` and perhaps `label_index`, `label`, `mask_path`, `roi_path`, `split`, `category` and `lot`,
///   in any order and case, separated by commas, semicolons or tabs. Other columns are passed over.
/// - a file of JSON lines: an object a line, whose keys are such columns.
/// - an archive (tar, compressed or not, or zip): its images, as those of the folder that it would become. Files beside an image that
///   have its name up to the first dot may say more of it: `.cls` its label, `.json` the columns `label_index`, `label`, `split`, `lot`.
///   A folder without images of its own is searched for archives.
/// - any other text file: one path a line, exactly as it stands. Empty lines are passed over, and lines that begin with
///   `#` (a file of such a name is written `./#...`).
/// - an address: `s3://bucket/prefix/`, whose objects are listed as a folder's files are, or a list or archive in a bucket or on a web server.
///   An entry of any list may be an address; a relative one in a list there is beside that list, and never a file of this machine.
///
/// Text is UTF-8. A relative path is relative to the folder of its list. Two entries are one image if they have the same name in the
/// same folder or archive, however the folder is spelt; the second is left out and reported. A link or copy of another name is an image
/// of its own.
public struct ImageList: Sendable {
    /// One image of the list, with what the list says about it.
    public struct Entry: Sendable, Equatable {
        /// As the list gave it; for a folder, relative to it.
        public let path: String
        /// Where the image is.
        public let location: ImageLocation
        /// 0 is normal; anything else is not.
        public let label: Int?
        /// The kind of its defect, where the list's column `label` names one.
        public let kind: String?
        /// Where the mask of its defects is.
        public let mask: ImageLocation?
        /// Where the mask of its own region of interest is.
        public let region: ImageLocation?
        /// The part of the data set that the image belongs to, as `train` or `test`; nil: the list does not say.
        public let split: String?
        /// The kind of part or texture that it shows; nil: the list does not say.
        public let category: String?
        /// The images that were taken together with this one, by the name that the list gives them; nil: the list does not say.
        public let lot: String?
        /// What the list's column says that groups the images; nil where it was read without one, or says nothing.
        public let group: String?

        /// `path` without extension.
        public internal(set) var outputStem: String

        /// Where results about this image belong, relative to a folder of results.
        ///
        /// It mirrors `path` as far as that is safe: it never begins with a slash, holds no "..", no control
        /// characters and no part too long for a file system, and no two entries of a list share one, not even where
        /// capital and small letters are the same. Equal lists give equal paths.
        public func outputRelativePath(fileExtension: String) -> String { outputStem + "." + fileExtension }

        /// The same image with another place for its results.
        func with(outputStem: String) -> Entry {
            var entry = self
            entry.outputStem = outputStem
            return entry
        }
    }

    /// A folder or file that was read.
    public struct Source: Sendable, Equatable {
        /// What was read.
        public enum Kind: Sendable {
            case folder
            case archive
            /// A text file with a path a line.
            case text
            /// A text file with columns, whatever separates them.
            case csv
            /// A text file with an object of JSON a line.
            case jsonLines

            /// Whether it can say more of its images than where they are.
            public var hasColumns: Bool { self == .csv || self == .jsonLines }
        }

        /// As it was given.
        public let name: String
        public let kind: Kind
        /// Its images among `entries`.
        public internal(set) var entries: Range<Int>
        /// Whether all its images were seen to be regular files when it was read.
        var areAllThere = false
    }

    /// A file that is listed again.
    public struct Duplicate: Sendable, Equatable {
        public let path: String
        /// The list and line where the file stands first, as `a.csv:3`, and where it stands again.
        public let whereFirst: String
        public let whereAgain: String
        /// Whether it has another label there.
        public let isContradiction: Bool
    }

    /// A list of no images.
    public init() {}

    /// The images, in the order of the list.
    public internal(set) var entries: [Entry] = []
    /// What was read, in order: their entries follow one another.
    public internal(set) var sources: [Source] = []
    /// Left out of `entries`.
    public internal(set) var duplicates: [Duplicate] = []
    /// Counted, so that the user can be warned.
    public internal(set) var passedOver = PassedOverFiles()
    /// What a user should know of the archives.
    public internal(set) var archiveRemarks: [String] = []
    /// The columns of CSV lists, and the keys of JSON lines, that were passed over, each once.
    public internal(set) var unusedColumns: [String] = []

    /// The most images in a list: as many as the statistics can count.
    public static let maxEntries = 1 << 25

    /// - Parameters:
    ///   - passingOver: a folder that is left out where it lies within others.
    ///   - lotColumn: the column (or key) with each image's lot; nil: `lot`, where there is one.
    ///   - groupColumn: the column (or key) whose values become the entries' groups.
    ///   - mayBeEmpty: whether a source may hold no image, since some are expected to come.
    ///   - reader: reads archives.
    /// - Throws: `ListError` where a source cannot be read, is malformed, or holds no image, where no list has the column of lots asked for,
    ///   and where a list has not that of groups.
    public static func read(
        _ sources: [String], passingOver: String? = nil, lotColumn: String? = nil, groupColumn: String? = nil,
        mayBeEmpty: Bool = false, reader: ImageReader = .standard
    ) throws -> ImageList {
        guard !sources.isEmpty else { throw ListError("images", "no list was given") }
        var builder = ImageListBuilder(
            passingOver: passingOver, named: NamedColumns(lot: lotColumn ?? ListColumn.usualLot, group: groupColumn),
            reader: reader)
        for source in sources {
            let before = builder.listed
            let kind = try builder.add(source: source)
            guard builder.listed > before || mayBeEmpty else {
                guard kind == .folder || kind == .archive else { throw ListError(source, "the list names no image") }
                let (kinds, found) = (ImageFolder.extensions.joined(separator: ", "), builder.list.passedOver.counts)
                throw ListError(
                    source,
                    "no image in this \(kind) that is read (\(kinds))"
                        + (found.isEmpty ? "" : "; passed over were \(PassedOverFiles.text(found))"))
            }
        }
        if let lotColumn, !builder.hasLots {
            throw ListError(
                sources.joined(separator: ", "),
                "no column '\(lotColumn)': \(builder.list.columnsForLots); --lot-column takes the name of a column of a CSV list, or of a key of JSON lines"
            )
        }
        return builder.list
    }

    /// In words, which columns may have the lots.
    private var columnsForLots: String {
        guard sources.contains(where: \.kind.hasColumns) else { return "folders and lists of paths have no columns" }
        if unusedColumns.isEmpty { return "the list has no columns of its own" }
        return "columns that may have the lots are "
            + unusedColumns.prefix(12).map { "'\($0)'" }.joined(separator: ", ")
    }

    /// A digest of the list that depends on nothing but its entries: two jobs are about the same images if these are equal.
    ///
    /// It is that of a text, a line an entry, of which there are never more than a few lines: hundreds of thousands would be much.
    public func digest() -> Digest {
        var stream = DigestStream()
        stream.update("image list 1\n")
        var line: [UInt8] = []
        for place in entries.indices {
            Self.append(entries[place].path, to: &line)
            for field in [
                entries[place].location.text, entries[place].label.map(String.init) ?? "",
                entries[place].mask?.text ?? "", entries[place].split ?? "",
            ] {
                line.append(UInt8(ascii: "\t"))
                Self.append(field, to: &line)
            }
            // Only where there is one, so that the digests of other lists stay as they always were.
            if let region = entries[place].region {
                line.append(UInt8(ascii: "\t"))
                Self.append(region.text, to: &line)
            }
            line.append(UInt8(ascii: "\n"))
            guard line.count >= Self.digestedTogether else { continue }
            line.withUnsafeBytes { stream.update($0) }
            line.removeAll(keepingCapacity: true)
        }
        line.withUnsafeBytes { stream.update($0) }
        return stream.finish()
    }

    private static let digestedTogether = 1 << 14

    /// Appends a field in which control characters and backslashes are written out.
    private static func append(_ field: String, to line: inout [UInt8]) {
        let backslash = UInt8(ascii: "\\")
        let isPlain = field.utf8.withContiguousStorageIfAvailable { bytes in
            guard !bytes.contains(where: { $0 < 32 || $0 == backslash }) else { return false }
            line.append(contentsOf: bytes)
            return true
        }
        if isPlain == true { return }
        for byte in field.utf8 {
            switch byte {
            case backslash: line += [backslash, backslash]
            case ..<32: line += "\\\(byte).".utf8
            default: line.append(byte)
            }
        }
    }
}
