import ImageLists
import Storage

/// The images that a fit is to leave out, as a file names them.
struct ExclusionList {
    /// A list as that of the job, or a table that `padim suspects` wrote.
    let file: String

    /// - Returns: the places of the images in the job's list, counted from 0, ascending.
    /// - Throws: `ListError`; `JobError.wrongRequest` where an image is not on the job's list, may be one of several, or none remains.
    func places(in list: ImageList) throws -> [Int] {
        let named = try ImageList.read([file])
        let byLocation = Dictionary(
            zip(list.entries.map(\.location), list.entries.indices)
        ) { first, _ in first }
        let byPath = Dictionary(grouping: list.entries.indices) { ExactString(list.entries[$0].path) }
        var places: Set<Int> = []
        var unknown: [String] = []
        for entry in named.entries {
            var found = Set(byPath[ExactString(entry.path)] ?? [])
            if let place = byLocation[entry.location] { found.insert(place) }
            guard found.count <= 1 else {
                throw JobError.wrongRequest(
                    "--exclude \(file): '\(entry.path)' is the name of \(found.count) images of this fit; give the file's path from the root"
                )
            }
            if let place = found.first { places.insert(place) } else { unknown.append(entry.path) }
        }
        if let first = unknown.first {
            throw JobError.wrongRequest(
                "--exclude \(file) names \(unknown.count) images that are not on this fit's list; the first is '\(first)'"
            )
        }
        return places.sorted()
    }
}
