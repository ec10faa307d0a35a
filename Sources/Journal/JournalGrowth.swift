import GRDB
import Storage

/// Images that a job gets after it has begun.
extension Journal {
    /// Adds images behind those that a role has, in one transaction. What is recorded of the others does not change.
    /// - Parameters:
    ///   - sources: the folders and lists that the images come from, one after the other.
    ///   - list: the digest of the list as the job has it now, by which a later command is known to be of the same job.
    /// - Returns: the number of the first.
    /// - Throws: ``JournalError/inconsistent(_:)`` where images of another role follow those of the role, or shards or sources are not all
    ///   of the images.
    @discardableResult
    public func add(
        _ images: some Collection<ImageRecord>, role: ImageRole, shards: [NewShard], sources: [ImageSource],
        list: Digest
    ) throws -> ImageID {
        guard !images.isEmpty else { throw JournalError.inconsistent("there are no \(role.label) images to add") }
        guard shards.allSatisfy({ $0.images > 0 }), shards.reduce(0, { $0 + $1.images }) == images.count,
            sources.reduce(0, { $0 + $1.images }) == images.count
        else {
            throw JournalError.inconsistent(
                "the shards or the sources do not make up the \(images.count) \(role.label) images")
        }
        return try write { database in
            let others =
                "SELECT EXISTS (SELECT 1 FROM images WHERE role <> ? AND id > (SELECT min(id) FROM images WHERE role = ?))"
            guard try Bool.fetchOne(database, sql: others, arguments: [role.rawValue, role.rawValue]) == false else {
                throw JournalError.inconsistent(
                    "the job has images of another kind behind its \(role.label) images, so none can be added")
            }
            let had = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM images WHERE role = ?", arguments: [role.rawValue])
            let first = try Self.insert(Array(images), role, database)
            try Self.insertShards(shards, role, first: first, database)
            try Self.add(sources, role, isFirst: had == 0, database)
            if let job = try Self.storedJob(database) {
                var lists = job.lists
                lists[role] = list
                try Self.set(
                    JournalKey("job"), to: JobRecord(kind: job.kind, settings: job.settings, lists: lists), database)
            }
            try Self.set(Self.grownKey(role), to: true, database)
            return first
        }
    }

    /// How the images of a role stand from one of them on, and how many of these are flagged.
    public func outcome(_ role: ImageRole, from first: ImageID) throws -> (counts: ImageCounts, flagged: Int) {
        try read { database in
            var (counts, flagged) = (ImageCounts(), 0)
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT status, excluded, count(*) AS images, coalesce(sum(flagged), 0) AS flagged FROM images
                    WHERE role = ? AND id >= ? GROUP BY status, excluded
                    """, arguments: [role.rawValue, first])
            while let row = try rows.next() {
                counts.set(try row.get("images"), try row.status())
                flagged += try row.get("flagged") as Int
            }
            return (counts, flagged)
        }
    }

    /// Set where images were added: the list that the role was registered with is not all that it has.
    static func grownKey(_ role: ImageRole) -> JournalKey<Bool> { JournalKey("images added to \(role.rawValue)") }

    /// Further images of the last source are counted there, so that a folder that is looked at every minute stays one source.
    private static func add(
        _ sources: [ImageSource], _ role: ImageRole, isFirst: Bool, _ database: Database
    ) throws {
        guard var known = try isFirst ? [] : value(sourcesKey(role), database) else { return }
        for source in sources where source.images > 0 {
            if let last = known.last, last.name == source.name {
                known[known.count - 1] = ImageSource(name: last.name, images: last.images + source.images)
            } else {
                known.append(source)
            }
        }
        try set(sourcesKey(role), to: known, database)
    }
}
