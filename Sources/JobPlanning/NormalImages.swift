import Foundation
import ImageLists
import Logging
import Storage

/// Looks whether the images to learn from are normal ones by the names of their folders: a data set's root holds defects, masks
/// and images for tests as well.
package struct NormalImages {
    private let option: String
    private let logger: Logger

    /// - Parameter option: by which the command names the list.
    package init(option: String, logger: Logger) { (self.option, self.logger) = (option, logger) }

    /// A folder is refused, since what is in it is not meant one by one; a list is, and so there is only a warning.
    /// - Throws: `JobError.wrongRequest`, with the command that is meant.
    package func check(_ list: ImageList) throws {
        for (number, source) in list.sources.enumerated() {
            let isSaid = { (place: Int) in list.entries[place].label != nil || list.entries[place].split != nil }
            // What a list says itself is obeyed elsewhere.
            if source.kind.hasColumns, source.entries.allSatisfy(isSaid) { continue }
            let check = NormalityCheck(list, source: number)
            guard let first = check.findings.first else { continue }
            let what =
                "\(check.suspected) of the \(check.total) images of '\(source.name)' do not look like images of good parts: "
                + "\(Self.words(check)), the first is '\(first.example)'"
            guard source.kind == .folder || source.kind == .archive else {
                logger.warning("\(what)")
                continue
            }
            // The paths of an archive's images begin with its name.
            let root = source.kind == .archive ? Folder.parent(of: source.name) : source.name
            throw JobError.wrongRequest(
                "\(what). \(remedy(root, check)) If all of them show good parts, add --trust-folders")
        }
    }

    /// Masks are no images to inspect.
    package func warnOfMasks(_ list: ImageList) {
        for (number, source) in list.sources.enumerated() {
            let masks = NormalityCheck(list, source: number).findings.filter { $0.suspicion == .mask }
            guard let first = masks.first else { continue }
            logger.warning(
                """
                \(masks.reduce(0) { $0 + $1.images }) of the images of '\(source.name)' look like masks, and are inspected, too: \
                the first is '\(first.example)'
                """)
        }
    }

    private static func words(_ check: NormalityCheck) -> String {
        let shown = check.findings.prefix(4).map { finding in
            finding.folder.map { "\(finding.images) in a folder \(finding.suspicion.rawValue), '\($0)'" }
                ?? "\(finding.images) masks beside their images"
        }
        let more = check.findings.count - shown.count
        return shown.joined(separator: ", ") + (more > 0 ? ", and \(more) more folders" : "")
    }

    private func remedy(_ source: String, _ check: NormalityCheck) -> String {
        let root = source.count > 1 && source.hasSuffix("/") ? String(source.dropLast()) : source
        let folders = check.unsuspected.filter { !$0.isEmpty }.map { Self.quoted("\(root)/\($0)") }
        var ways: [String] = []
        switch folders.count {
        case 0: break
        case 1...3: ways.append(folders.map { "\(option) \($0)" }.joined(separator: " "))
        default: ways.append("one of \(folders.count) folders, such as \(option) \(folders[0])")
        }
        if Manifest.isDataSet(root) || check.hasMasksBesideImages {
            ways.append(
                "a list, which `padim manifest \(Self.quoted(root)) --output list.csv` makes, with \(option) list.csv")
        }
        return ways.isEmpty
            ? "Give a folder or a list of the good ones alone." : "Give \(ways.joined(separator: ", or "))."
    }

    /// As a shell reads it.
    private static func quoted(_ path: String) -> String {
        let plain = path.utf8.allSatisfy { byte in
            byte > 127 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "@")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || "/._-+=,:".utf8.contains(byte)
        }
        return plain ? path : "'" + path.replacing("'", with: "'\\''") + "'"
    }
}
