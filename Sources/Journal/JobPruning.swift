import Foundation
import Settings
import Storage

/// Removes the files that a finished job can do without.
public struct JobPruning {
    /// Files of one kind.
    public struct Removed: Equatable, Sendable {
        public let kind: String
        public var files = 0
        public var bytes = 0
    }

    private let journal: Journal
    /// Whether files are only counted.
    private let isRehearsal: Bool

    /// - Parameter journal: of a finished job, opened for writing, so that nobody else works on it.
    public init(_ journal: Journal, isRehearsal: Bool = false) {
        (self.journal, self.isRehearsal) = (journal, isRehearsal)
    }

    /// The partial sums: the merged sums and the model are made of them. They are made again from the images should both be lost.
    ///
    /// Whether the sums and the model are sound is for the caller to see.
    public func removePartials() throws -> Removed {
        var removed = Removed(kind: "partial sums")
        let folder = journal.directory.partials
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            try remove(folder + "/" + name, &removed)
        }
        return removed
    }

    /// The maps of images that are not flagged. The journal forgets them first, so that it never names a map that is not there.
    public func removeMapsOfUnflagged() throws -> Removed {
        var removed = Removed(kind: "maps of images that are not flagged")
        var places: [String] = []
        // Those that an earlier run forgot, and did not come to remove, are found by where maps go.
        // Maps of flagged images only are looked for as well: `padim flag` may have made them unflagged since.
        let maps = journal.job.settings[InspectionSettings.mapsName].flatMap { MapSelection($0) }
        let fileExtension = maps?.choice.format?.fileExtension
        try journal.forEachImage(.inspect) { row in
            guard row.flagged == false else { return }
            if let map = row.mapPath {
                places.append(map)
            } else if let fileExtension {
                places.append(JobLayout.map(of: row.record.output, fileExtension: fileExtension))
            }
        }
        if !isRehearsal { try journal.forgetMapsOfUnflagged(.inspect) }
        for place in places { try remove(journal.directory.inside(place), &removed) }
        return removed
    }

    /// What killed processes left of files that they had not finished.
    public func removeLeftovers() throws -> Removed {
        var removed = Removed(kind: "unfinished files")
        let files = journal.directory
        let tables = [JobLayout.regions, JobLayout.suspects, JobLayout.legend, JobLayout.drift, JobLayout.driftMap]
        for path in [files.statistics, files.model, files.results, files.report] + tables.map(files.inside) {
            for left in DurableFile.leftovers(of: path) { try remove(left, &removed) }
        }
        let pages = DurableFile.leftovers(inside: files.inside(JobLayout.reportPages)) {
            $0.suffix(5).elementsEqual(".html".utf8)
        }
        for path in pages { try remove(path, &removed) }
        // Overlays and masks are PNGs, as maps may be.
        let endings = MapFormat.allCases.map { "." + $0.fileExtension }
        for folder in [files.maps, files.overlays, files.inside(JobLayout.masks)] {
            let left = DurableFile.leftovers(inside: folder) { name in
                endings.contains { name.suffix($0.utf8.count).elementsEqual($0.utf8) }
            }
            for path in left { try remove(path, &removed) }
        }
        return removed
    }

    private func remove(_ path: String, _ removed: inout Removed) throws {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        if !isRehearsal, unlink(path) != 0 { throw StorageError.fromErrno("delete", path) }
        removed.files += 1
        removed.bytes += Int(status.st_size)
    }
}
