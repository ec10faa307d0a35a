import ImageLists
import Journal
import Storage

/// The digests of a job's lists, which threads of their own find while something else is done with the lists.
struct ListDigests {
    private let found: [(role: ImageRole, digest: UnderWay<Digest>)]

    init(of lists: [(role: ImageRole, list: ImageList)]) {
        found = lists.map { role, list in (role, UnderWay { list.digest() }) }
    }

    /// Waits until all are found.
    var all: [ImageRole: Digest] {
        Dictionary(found.map { role, digest in (role, digest.value) }) { first, _ in first }
    }
}
