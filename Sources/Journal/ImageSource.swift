import GRDB
import Storage

/// A folder or list that images of a job come from. They follow one another in the job, source after source.
public struct ImageSource: Codable, Equatable, Sendable {
    /// As the command named it.
    public let name: String
    public let images: Int

    public init(name: String, images: Int) { (self.name, self.images) = (name, images) }
}

extension Journal {
    /// Where the images of a role come from, in their order; empty where an earlier release began the job.
    public func sources(_ role: ImageRole) throws -> [ImageSource] {
        try read { try Self.value(Self.sourcesKey(role), $0) ?? [] }
    }

    static func sourcesKey(_ role: ImageRole) -> JournalKey<[ImageSource]> { JournalKey("sources of \(role.rawValue)") }
}

/// Which source an image comes from, by its number.
struct SourceTable {
    private let sources: [ImageSource]
    /// The number of the first image of each, and the number behind the last.
    private var starts: [ImageID] = []

    /// - Throws: ``JournalError/inconsistent(_:)`` if the journal's counts are not possible.
    init(_ role: ImageRole, _ database: Database) throws {
        sources = try Journal.value(Journal.sourcesKey(role), database) ?? []
        guard !sources.isEmpty else { return }
        let first = try ImageID.fetchOne(
            database, sql: "SELECT min(id) FROM images WHERE role = ?", arguments: [role.rawValue])
        var next = first ?? 0
        for source in sources {
            starts.append(next)
            guard (0...1 << 31).contains(source.images), (0...1 << 52).contains(next.rawValue) else {
                throw JournalError.inconsistent(
                    "the journal's count of \(source.images) images of a source is not possible")
            }
            next = next.advanced(by: source.images)
        }
        starts.append(next)
    }

    /// Nil where it is not known.
    func name(of image: ImageID) -> String? {
        guard let first = starts.first, let end = starts.last, image >= first, image < end else { return nil }
        var (low, high) = (0, sources.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= image { low = middle } else { high = middle }
        }
        return sources[low].name
    }
}
