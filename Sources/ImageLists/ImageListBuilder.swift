import Archives
import Foundation
import ImageAccess
import ObjectStores
import Storage

/// A list in the making: tells duplicates and gives each entry its own output path.
struct ImageListBuilder {
    private(set) var list = ImageList()
    private var places: [(source: Int32, line: Int32)] = []
    private var seen = SeenImages()
    private var names = OutputNames()

    private let passedOver: String?
    private let named: NamedColumns
    /// Whether a list has the column with lots.
    private(set) var hasLots = false

    var archives: ArchiveShelf
    let reader: ImageReader

    init(passingOver: String?, named: NamedColumns, reader: ImageReader) {
        (passedOver, self.named) = (passingOver, named)
        (archives, self.reader) = (ArchiveShelf(reader: reader), reader)
    }

    /// Entries and duplicates so far.
    var listed: Int { list.entries.count + list.duplicates.count }

    /// Reads a source of any kind.
    /// - Returns: its kind.
    mutating func add(source: String) throws -> ImageList.Source.Kind {
        guard !source.isEmpty, !source.utf8.contains(0) else { throw ListError(source, "not a file name") }
        if ObjectAddress.isAddress(source) {
            do {
                return try add(address: ObjectAddress(source), source: source)
            } catch let error as ObjectAddressError {
                throw ListError(error.address, error.reason)
            }
        }
        if let (archive, folder) = try archives.parts(of: .file(FilePath.absolute(source))) {
            begin(source, .archive)
            try addArchive(at: archive, named: FilePath.split(archive.name).name, folder: folder)
            return .archive
        }
        var status = stat()
        guard stat(source, &status) == 0 else {
            let code = errno
            let cause = PathDiagnosis(source, in: FileManager.default.currentDirectoryPath, list: nil).cause
            throw ListError(source, code: code, cause: cause)
        }
        let absolute = FilePath.absolute(source)
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            begin(source, .folder)
            try addFolder(source, absolute)
            return .folder
        case S_IFREG where try Self.isArchive(source):
            begin(source, .archive)
            try addArchive(at: .file(absolute), named: FilePath.split(absolute).name)
            return .archive
        case S_IFREG:
            let file = try ListFile(source)
            let folder = FilePath.split(absolute).folder
            return try add(list: file, in: .folder(folder))
        default: throw ListError(source, "neither a folder nor a regular file")
        }
    }

    mutating func add(list file: ListFile, in base: ListBase) throws -> ImageList.Source.Kind {
        let columns: FoundColumns
        let kind: ImageList.Source.Kind
        reserveCapacity(file.mostNames)
        if let separator = try CSVList.separator(of: file) {
            kind = .csv
            begin(file.name, kind)
            columns = try CSVList.read(file, separator, named) { try add($0, in: base) }
        } else if try JSONLines.recognises(file) {
            kind = .jsonLines
            begin(file.name, kind)
            columns = try JSONLines.read(file, named) { try add($0, in: base) }
        } else {
            begin(file.name, .text)
            try TextList.read(file) { try add($0, in: base) }
            return .text
        }
        list.unusedColumns += columns.unused.filter { !list.unusedColumns.contains($0) }
        hasLots = hasLots || columns.hasLots
        return kind
    }

    /// By its content: a list of any name is no archive.
    private static func isArchive(_ path: String) throws -> Bool {
        // A spreadsheet is a zip file, too.
        guard !["xlsx", "ods"].contains(FilePath.fileExtension(path)) else { return false }
        do {
            return ArchiveKind(try WholeFile.beginning(of: path, count: 512)) != nil
        } catch let error as StorageError {
            throw ListError(path, error.reason)
        }
    }

    mutating func begin(_ source: String, _ kind: ImageList.Source.Kind) {
        list.sources.append(.init(name: source, kind: kind, entries: list.entries.count..<list.entries.count))
    }

    private mutating func addFolder(_ source: String, _ absolute: String) throws {
        let folder = try ImageFolder(source, passingOver: passedOver)
        list.passedOver.add(folder.passedOver)
        list.sources[list.sources.count - 1].areAllThere = folder.areAllRegular
        reserveCapacity(folder.images.count)
        for path in folder.images {
            let place = ListedPlace.file(FilePath.resolve(path, in: absolute))
            try add(ListRow(path: path, line: 0), at: place.location, in: .folder(absolute))
        }
        for path in folder.archives { try addArchive(at: .file(FilePath.resolve(path, in: absolute)), named: path) }
    }

    /// Makes room for so many more images.
    private mutating func reserveCapacity(_ count: Int) {
        let total = min(list.entries.count + count, ImageList.maxEntries)
        // Many small sources make room as they always do.
        guard total > 2 * list.entries.capacity else { return }
        list.entries.reserveCapacity(total)
        places.reserveCapacity(total)
        seen.reserveCapacity(total)
        names.reserveCapacity(total)
    }

    mutating func notePassedOver(_ files: PassedOverFiles) { list.passedOver.add(files) }

    /// Adds an archive's images.
    /// - Parameters:
    ///   - name: what their paths begin with.
    ///   - base: that of the list that names it.
    ///   - folder: of the archive, or the name of one image: only what is there is added; nil: all.
    ///   - row: what a list says of all of them.
    mutating func addArchive(
        at place: ListedPlace, named name: String, in base: ListBase = .folder("/"), folder: String? = nil,
        row: ListRow? = nil
    ) throws {
        let archive = try archives.archive(at: place)
        list.passedOver.add(archive.passedOver)
        list.archiveRemarks += archive.remarks.filter { !list.archiveRemarks.contains($0) }
        let folder = folder.map { FilePath.components($0).joined(separator: "/") }
        for image in archive.images {
            // What is said of the whole archive, that a part of it is lost, is said of each folder.
            if let folder, !image.name.isEmpty, image.name != folder,
                !image.name.utf8.starts(with: (folder + "/").utf8)
            {
                continue
            }
            var imageRow = row ?? ListRow(path: "", line: 0)
            imageRow.path = image.name.isEmpty ? name : name + "/" + image.name
            imageRow.label = imageRow.label ?? image.label
            imageRow.kind = imageRow.kind ?? image.kind
            imageRow.split = imageRow.split ?? image.split
            imageRow.lot = imageRow.lot ?? image.lot
            if image.lot != nil { hasLots = true }
            try add(imageRow, at: image.location, in: base)
        }
    }

    private mutating func add(_ row: ListRow, in base: ListBase) throws {
        let place = try resolve(row.path, of: row, in: base)
        if try archives.isArchive(place) {
            try addArchive(at: place, named: Self.plainPath(row.path), in: base, row: row)
        } else {
            try add(row, at: archives.location(of: place) ?? place.location, in: base)
        }
    }

    private func resolve(_ path: String, of row: ListRow, in base: ListBase) throws -> ListedPlace {
        do {
            return try base.place(of: path)
        } catch let error as ObjectAddressError {
            let list = list.sources.last?.name ?? ""
            throw ListError(list, line: row.line, "\(error.address): \(error.reason)")
        }
    }

    /// What results mirror: the path as the list gave it, or of an address the bucket or host and what is behind it.
    private static func plainPath(_ path: String) -> String {
        ObjectAddress.isAddress(path) ? (try? ObjectAddress(path).path) ?? path : path
    }

    mutating func add(_ row: ListRow, at location: ImageLocation, in base: ListBase) throws {
        let source = list.sources.count - 1
        let place = (source: Int32(source), line: Int32(clamping: row.line))
        if let first = seen.earlier(location, row.group, among: list.entries) {
            list.duplicates.append(
                .init(
                    path: row.path, whereFirst: text(of: places[Int(first)]), whereAgain: text(of: place),
                    isContradiction: (row.label ?? label(of: first) ?? 0) != (label(of: first) ?? row.label ?? 0)))
            return
        }
        guard list.entries.count < ImageList.maxEntries else {
            throw ListError(list.sources[source].name, "more than \(ImageList.maxEntries) images")
        }
        places.append(place)
        let mask = try row.mask.map { try locate($0, of: row, in: base) }
        let region = try row.region.map { try locate($0, of: row, in: base) }
        list.entries.append(
            .init(
                path: row.path, location: location, label: row.label, kind: row.kind,
                mask: mask, region: region,
                split: row.split, category: row.category, lot: row.lot, group: row.group,
                outputStem: names.stem(for: Self.plainPath(row.path))))
        list.sources[source].entries = list.sources[source].entries.lowerBound..<list.entries.count
    }

    /// Where a mask that a list names is.
    private mutating func locate(_ path: String, of row: ListRow, in base: ListBase) throws -> ImageLocation {
        let place = try resolve(path, of: row, in: base)
        return archives.location(of: place) ?? place.location
    }

    private func label(of entry: Int32) -> Int? { list.entries[Int(entry)].label }

    private func text(of place: (source: Int32, line: Int32)) -> String {
        let name = list.sources[Int(place.source)].name
        return place.line > 0 ? "\(name):\(place.line)" : name
    }
}
