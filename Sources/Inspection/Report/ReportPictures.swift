import Compute
import Foundation
import HTML
import Imaging
import Journal
import Settings
import Storage

/// Reads images and maps again, for the pictures of a report.
struct ReportPictures: Sendable {
    typealias Picture = ReportContents.Picture

    private let maps: JobMaps
    private let geometry: MapGeometry
    private let isOriginal: Bool
    private let selection: MapSelection?

    /// The sides of a picture of an image: as many pixels as the page shows.
    private static let largestSide = 448

    init(_ journal: Journal) throws {
        maps = try JobMaps(journal)
        geometry = try MapGeometry(of: journal)
        let settings = journal.job.settings
        isOriginal = settings["map-size"] == MapSize.original.rawValue
        selection = settings[InspectionSettings.mapsName].flatMap { MapSelection($0) }
    }

    /// What was read of an image.
    struct Read: Sendable {
        var picture = Picture()
        /// Whether the map's highest values are missing.
        var isCutOff = false
        /// Whether the image is on a server that could not be asked.
        fileprivate var isOutOfReach = false
    }

    /// - Parameter threads: that read; what is read is the same for any number of them.
    /// - Returns: what was read of each image, in their order. What cannot be read has a note, and is no reason to have no report.
    func read(_ rows: [ImageRow], threads: Int) throws -> [Read] {
        // A server that does not answer is waited for once, and not for each image.
        let remote = rows.firstIndex { $0.record.location.isRemote }
        let first = remote.map { read(rows[$0], skipsRemote: false) }
        let skipsRemote = first?.isOutOfReach ?? false
        return try ThreadCrew(threads: max(1, min(threads, rows.count))).map(rows.count) { index, _ in
            if let first, index == remote { return first }
            return read(rows[index], skipsRemote: skipsRemote)
        }
    }

    private func read(_ row: ImageRow, skipsRemote: Bool) -> Read {
        var result = Read()
        var notes: [String] = []
        var map: FloatImage?
        do {
            let stored = try storedMap(of: row)
            map = stored.map
            result.isCutOff = stored.isCutOff
            result.picture.map = try MapPicture(stored.map)
        } catch {
            notes.append("no map: \(error)")
        }
        do {
            if skipsRemote, row.record.location.isRemote {
                throw Missing(words: "it is on a server, and the first image there could not be read")
            }
            result.picture.image = try jpeg(of: row, map)
        } catch {
            result.isOutOfReach = row.record.location.isRemote
            notes.append("no image: \(error)")
        }
        result.picture.note = notes.isEmpty ? nil : HTMLText.visible(notes.joined(separator: "; "))
        return result
    }

    /// Why there is no picture, in words.
    private struct Missing: Error, CustomStringConvertible {
        let words: String
        var description: String { words }
    }

    private func storedMap(of row: ImageRow) throws -> StoredMap {
        guard let place = row.mapPath else { throw Missing(words: wordsOfNoMap) }
        guard FileManager.default.fileExists(atPath: maps.directory.inside(place)) else {
            throw Missing(words: "\(place) is not in the job's directory, or not to be seen from this machine")
        }
        return try maps.read(place, of: row.record)
    }

    private var wordsOfNoMap: String {
        guard let selection else { return "the job says nothing of its maps" }
        if selection.choice == .none { return "the inspection wrote none (--maps none)" }
        if selection.ofFlagged { return "only those of flagged images were kept (--maps \(selection))" }
        return "it was removed (padim prune --maps)"
    }

    /// The part of the image that the network saw; all of it where there is no map that tells the part's size.
    private func jpeg(of row: ImageRow, _ map: FloatImage?) throws -> Data {
        if case .member(let member) = row.record.location, member.extent.form == .compressedTar {
            throw Missing(words: "it is in a compressed tar file, which is not decompressed for a picture")
        }
        let original = try ImageDecoder.decode(
            row.record.location, whiteLevel: geometry.whiteLevel, orientation: geometry.orientation)
        var picture = original
        if let map, !isOriginal {
            do { picture = try geometry.picture(of: original, (map.width, map.height)) } catch let error
                as MapGeometry.Mismatch
            { throw Missing(words: error.words) }
        }
        let side = max(picture.width, picture.height)
        if side > Self.largestSide {
            let part = { (length: Int) in max(1, length * Self.largestSide / side) }
            picture = try picture.resized(width: part(picture.width), height: part(picture.height))
        }
        return Data(try JPEGEncoder.encode(picture))
    }
}

extension ImageLocation {
    /// Whether its bytes come over a network that this project speaks itself.
    fileprivate var isRemote: Bool {
        switch self {
        case .object: true
        case .member(let member): if case .object = member.archive { true } else { false }
        case .file, .refused: false
        }
    }
}
