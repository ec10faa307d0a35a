import Archives
import Foundation
import ImageAccess
import ObjectStores
import Storage

/// The archives that a list names, each of which is indexed once.
struct ArchiveShelf {
    private let reader: ImageReader
    private var archives: [ExactString: Result<ListedArchive, any Error>] = [:]
    /// Whether objects that are named as archives are there.
    private var objects: [ExactString: Result<Bool, any Error>] = [:]
    /// The folder of the last file, where neither it nor a folder above it is named as an archive: most files of a list lie in few folders.
    private var plainFolder: ExactString?

    init(reader: ImageReader) { self.reader = reader }

    /// - Throws: `ListError` where it cannot be read.
    mutating func archive(at place: ListedPlace) throws -> ListedArchive {
        let key = ExactString(place.name)
        let found = archives[key] ?? Result { try open(place) }
        archives[key] = found
        do {
            return try found.get()
        } catch let error as ArchiveError {
            throw ListError(place.name, error.reason)
        } catch let error as StorageError {
            throw ListError(place.name, error.reason)
        }
    }

    private func open(_ place: ListedPlace) throws -> ListedArchive {
        switch place {
        case .file(let path): try ListedArchive(.file(path), reader: reader)
        case .object(let address): try ListedArchive(.object(reader.present(address)), reader: reader)
        }
    }

    /// Whether a place is that of a file or object that is there, and named as an archive.
    /// - Throws: `ListError` where a server does not say whether it is there.
    mutating func isArchive(_ place: ListedPlace) throws -> Bool { try place.isNamedArchive && isThere(place) }

    /// The location of a place within an archive, as `/data/night.tar/a/b.png`; nil for any other.
    mutating func location(of place: ListedPlace) -> ImageLocation? {
        do {
            guard let (archive, name) = try parts(of: place) else { return nil }
            return try self.archive(at: archive).location(named: name)
        } catch {
            return .refused(name: place.name, reason: (error as? ListError)?.reason ?? "\(error)")
        }
    }

    /// The first part of a place that is a file or object named as an archive, and what follows it; nil where nothing follows. Folders may be
    /// named so as well.
    /// - Throws: `ListError` where a server does not say what is there.
    mutating func parts(of place: ListedPlace) throws -> (archive: ListedPlace, name: String)? {
        guard case .file(let path) = place else { return try first(place.archivesAbove) }
        if let plainFolder, FilePath.lies(path, directlyIn: plainFolder.text) { return nil }
        let (folder, name) = FilePath.split(path)
        if ExactString(folder) == plainFolder { return nil }
        let above = place.archivesAbove
        if above.isEmpty, !name.isEmpty { plainFolder = ExactString(folder) }
        return try first(above)
    }

    private mutating func first(
        _ places: [(archive: ListedPlace, name: String)]
    ) throws -> (archive: ListedPlace, name: String)? {
        for (archive, name) in places where try isThere(archive) { return (archive, name) }
        return nil
    }

    private mutating func isThere(_ place: ListedPlace) throws -> Bool {
        switch place {
        case .file(let path):
            var status = stat()
            return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        case .object(let address):
            let key = ExactString(address.text)
            let found = objects[key] ?? Result { try reader.objectClient().isThere(address) }
            objects[key] = found
            do {
                return try found.get()
            } catch {
                throw ListError(object: address, error)
            }
        }
    }
}
