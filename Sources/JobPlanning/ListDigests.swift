import ImageLists
import Journal
import Storage

/// The digests of a job's lists, which threads of their own find while something else is done with the lists.
struct ListDigests {
    private let found: [(role: ImageRole, digest: DigestUnderWay)]

    init(of lists: [(role: ImageRole, list: ImageList)]) {
        found = lists.map { role, list in (role, DigestUnderWay { list.digest() }) }
    }

    /// Waits until all are found.
    var all: [ImageRole: Digest] {
        Dictionary(found.compactMap { role, digest in digest.value.map { (role, $0) } }) { first, _ in first }
    }
}
