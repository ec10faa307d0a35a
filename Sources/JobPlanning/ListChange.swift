import ImageLists
import Journal
import Storage

/// In what a list is another one than that of the job: as exactly as the journal knows it, which has each image's path and file,
/// but neither labels nor masks nor splits.
package struct ListChange {
    private var (common, gone, added) = (0, 0, 0)
    private var (firstGone, firstAdded) = ("", "")
    private var isReordered = false
    /// The first image that is the same file by another path, and the first that has the same path in another folder.
    private var respelt: (before: String, now: String)?
    private var moved: (before: String, now: String)?
    private var movedCount = 0
    private let total: Int
    /// Whether images can be added to the job.
    private let mayGrow: Bool

    /// - Returns: nil where the journal has no images of the role.
    package init?(of journal: Journal, _ role: ImageRole, now list: ImageList) throws {
        let counts = try journal.counts(role)
        total = counts.total + counts.excluded
        mayGrow = role == .inspect && journal.job.kind == .inspect
        guard total > 0 else { return nil }
        var places: [ImageLocation: Int] = [:]
        for (place, entry) in list.entries.enumerated() { places[entry.location] = place }
        var known = [Bool](repeating: false, count: list.entries.count)
        var (number, last) = (0, -1)
        try journal.forEachImage(role) { row in
            defer { number += 1 }
            if number < list.entries.count {
                let entry = list.entries[number]
                if ExactString(entry.path) == ExactString(row.record.path) {
                    movedCount += 1
                    if moved == nil, entry.location != row.record.location {
                        moved = (row.record.location.text, entry.location.text)
                    }
                }
            }
            guard let place = places[row.record.location] else {
                if gone == 0 { firstGone = row.record.path }
                gone += 1
                return
            }
            common += 1
            known[place] = true
            if place < last { isReordered = true }
            last = place
            if respelt == nil, ExactString(list.entries[place].path) != ExactString(row.record.path) {
                respelt = (row.record.path, list.entries[place].path)
            }
        }
        for (place, isKnown) in known.enumerated() where !isKnown {
            if added == 0 { firstAdded = list.entries[place].path }
            added += 1
        }
    }

    package var words: String {
        switch (added, gone) {
        case (0, 0):
            if isReordered { return "the same \(total) images in another order" }
            if let respelt {
                return "the same \(total) images, but '\(respelt.before)' of the job is now '\(respelt.now)'"
            }
            return "the same \(total) images with other labels, masks or splits"
        case (_, 0): return "\(Self.images(added)) more than this job has, the first is '\(firstAdded)'" + order + hint
        case (0, _): return "\(Self.images(gone)) fewer than this job has, the first is '\(firstGone)'" + order
        case _ where movedCount == total && added == gone && common == 0:
            return "the same \(total) names in another place: '\(moved?.before ?? "")' is now '\(moved?.now ?? "")'"
        default:
            return
                "\(Self.images(added)) that this job does not have, the first is '\(firstAdded)', and \(gone) of its \(total) are not "
                + "in the list, the first is '\(firstGone)'" + hint
        }
    }

    private var order: String { isReordered ? ", and others in another order" : "" }

    private var hint: String { mayGrow ? " (--only-new adds what is new and leaves the rest as it is)" : "" }

    private static func images(_ count: Int) -> String { count == 1 ? "1 image" : "\(count) images" }
}
