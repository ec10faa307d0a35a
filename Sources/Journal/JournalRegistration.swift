import Foundation
import GRDB
import Storage

extension Journal {
    /// Takes up the images of a role, in the list's order, and cuts them into shards of one size, of which the last may
    /// be smaller.
    /// - Throws: ``JournalError/inconsistent(_:)`` if the role has other images already.
    public func register(_ images: some Collection<ImageRecord>, role: ImageRole, shardSize: Int) throws {
        guard shardSize > 0 else { throw JournalError.inconsistent("a shard size of \(shardSize) is not possible") }
        let sizes = stride(from: 0, to: images.count, by: shardSize).map { min(shardSize, images.count - $0) }
        try register(images, role: role, shards: sizes.map { NewShard(images: $0) })
    }

    /// Takes up the images of a role, in the list's order, and cuts them into shards: all of them in one transaction.
    ///
    /// The same images again change nothing, also with other shards: those of the first time stay as they are. Nor does a role change that
    /// got images by ``add(_:role:shards:sources:list:)``.
    /// - Parameter sources: the folders and lists that the images come from, one after the other; empty: not known.
    /// - Throws: ``JournalError/inconsistent(_:)`` if the role has other images already, or the shards or the sources are not
    ///   all of them.
    public func register(
        _ images: some Collection<ImageRecord>, role: ImageRole, shards: [NewShard], sources: [ImageSource] = []
    ) throws {
        guard !images.isEmpty else { throw JournalError.inconsistent("there are no \(role.label) images") }
        guard shards.allSatisfy({ $0.images > 0 }), shards.reduce(0, { $0 + $1.images }) == images.count else {
            throw JournalError.inconsistent("the shards do not make up the \(images.count) \(role.label) images")
        }
        guard sources.isEmpty || sources.reduce(0, { $0 + $1.images }) == images.count else {
            throw JournalError.inconsistent("the sources do not make up the \(images.count) \(role.label) images")
        }
        let digest = Self.digest(of: images)
        try write { database in
            let key = JournalKey<Digest>("images of \(role.rawValue)")
            // Then the job's record says which list it is about.
            if try Self.value(Self.grownKey(role), database) == true { return }
            if let registered = try Self.value(key, database) {
                guard registered == digest else {
                    throw JournalError.inconsistent("the job has other \(role.label) images already")
                }
                // Earlier releases did not write them down.
                if try !sources.isEmpty && Self.value(Self.sourcesKey(role), database) == nil {
                    try Self.set(Self.sourcesKey(role), to: sources, database)
                }
                return
            }
            let first = try Self.insert(images, role, database)
            try Self.insertShards(shards, role, first: first, database)
            try Self.set(key, to: digest, database)
            if !sources.isEmpty { try Self.set(Self.sourcesKey(role), to: sources, database) }
        }
    }

    /// Inserts images behind those already there.
    /// - Returns: the number of the first.
    static func insert(
        _ images: some Collection<ImageRecord>, _ role: ImageRole, _ database: Database
    ) throws -> ImageID {
        let last = try ImageID.fetchOne(database, sql: "SELECT max(id) FROM images") ?? 0
        guard (0...1 << 52).contains(last.rawValue) else {
            throw JournalError.inconsistent("the journal's last image number of \(last) is not possible")
        }
        let first = last.next
        let statement = try database.makeStatement(
            sql: """
                INSERT INTO images (id, role, path, file, place, output, digest, lot, roi, roi_place)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func text(of place: ImagePlace?) throws -> String? {
            try place.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        }
        for (id, image) in zip(first..., images) {
            statement.setUncheckedArguments([
                id.rawValue, role.rawValue, image.path, image.location.text, try text(of: image.location.place),
                image.output, image.digest.map { Data($0.bytes) }, image.lot, image.region?.text,
                try text(of: image.region?.place),
            ])
            try statement.execute()
        }
        return first
    }

    /// Cuts consecutive images into shards.
    static func insertShards(
        _ shards: [NewShard], _ role: ImageRole, first: ImageID, _ database: Database
    ) throws {
        let statement = try database.makeStatement(
            sql: "INSERT INTO shards (role, first_image, images, attempts, lot) VALUES (?, ?, ?, 0, ?)")
        var next = first
        for shard in shards {
            statement.setUncheckedArguments([role.rawValue, next.rawValue, shard.images, shard.lot])
            try statement.execute()
            next = next.advanced(by: shard.images)
        }
    }

    private static func digest(of images: some Collection<ImageRecord>) -> Digest {
        var stream = DigestStream()
        for image in images {
            for text in [image.path, image.location.text, image.output] {
                // NUL ends no path, so it can end a field.
                stream.update(text + "\0")
            }
        }
        return stream.finish()
    }
}
