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
        let images = Array(images)
        try register(images.count, role: role, shards: shards, sources: sources) { images[$0] }
    }

    /// The same of images that need not be in memory all at once.
    /// - Parameter image: gives the image of each place in the list. Two threads call it, each for one place after the other.
    public func register(
        _ count: Int, role: ImageRole, shards: [NewShard], sources: [ImageSource],
        image: @escaping @Sendable (Int) -> ImageRecord
    ) throws {
        guard count > 0 else { throw JournalError.inconsistent("there are no \(role.label) images") }
        guard shards.allSatisfy({ $0.images > 0 }), shards.reduce(0, { $0 + $1.images }) == count else {
            throw JournalError.inconsistent("the shards do not make up the \(count) \(role.label) images")
        }
        guard sources.isEmpty || sources.reduce(0, { $0 + $1.images }) == count else {
            throw JournalError.inconsistent("the sources do not make up the \(count) \(role.label) images")
        }
        try write { database in
            let key = JournalKey<Digest>("images of \(role.rawValue)")
            // Then the job's record says which list it is about.
            if try Self.value(Self.grownKey(role), database) == true { return }
            // While rows are written.
            let digest = UnderWay {
                var digest = ImagesDigest()
                for place in 0..<count { digest.add(image(place)) }
                return digest.finish()
            }
            if let registered = try Self.value(key, database) {
                guard registered == digest.value else {
                    throw JournalError.inconsistent("the job has other \(role.label) images already")
                }
                // Earlier releases did not write them down.
                if try !sources.isEmpty && Self.value(Self.sourcesKey(role), database) == nil {
                    try Self.set(Self.sourcesKey(role), to: sources, database)
                }
                return
            }
            let first = try Self.insert(count, role, database, image: image)
            try Self.insertShards(shards, role, first: first, database)
            try Self.set(key, to: digest.value, database)
            if !sources.isEmpty { try Self.set(Self.sourcesKey(role), to: sources, database) }
        }
    }

    /// Inserts images behind those already there.
    /// - Returns: the number of the first.
    static func insert(_ images: [ImageRecord], _ role: ImageRole, _ database: Database) throws -> ImageID {
        try insert(images.count, role, database) { images[$0] }
    }

    private static func insert(
        _ count: Int, _ role: ImageRole, _ database: Database, image: (Int) -> ImageRecord
    ) throws -> ImageID {
        let last = try ImageID.fetchOne(database, sql: "SELECT max(id) FROM images") ?? 0
        guard (0...1 << 52).contains(last.rawValue) else {
            throw JournalError.inconsistent("the journal's last image number of \(last) is not possible")
        }
        let first = last.next
        var rows = try BulkInsertion(
            into: "images", ["id", "role", "path", "file", "place", "output", "digest", "lot", "roi", "roi_place"],
            database)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func text(of place: ImagePlace?) throws -> String? {
            try place.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        }
        for place in 0..<count {
            let image = image(place)
            rows.append(first.advanced(by: place).rawValue)
            rows.append(role.rawValue)
            rows.append(image.path)
            rows.append(image.location.text)
            rows.append(try text(of: image.location.place))
            rows.append(image.output)
            rows.append(image.digest?.bytes)
            rows.append(image.lot.map(Int64.init))
            rows.append(image.region?.text)
            rows.append(try text(of: image.region?.place))
            try rows.endRow()
        }
        try rows.finish()
        return first
    }

    /// Cuts consecutive images into shards.
    static func insertShards(
        _ shards: [NewShard], _ role: ImageRole, first: ImageID, _ database: Database
    ) throws {
        var rows = try BulkInsertion(
            into: "shards", ["role", "first_image", "images", "attempts", "lot"], database)
        var next = first
        for shard in shards {
            rows.append(role.rawValue)
            rows.append(next.rawValue)
            rows.append(Int64(shard.images))
            rows.append(Int64(0))
            rows.append(shard.lot.map(Int64.init))
            try rows.endRow()
            next = next.advanced(by: shard.images)
        }
        try rows.finish()
    }
}

/// The digest of images in the list's order, by which a job knows its list again.
private struct ImagesDigest {
    private var stream = DigestStream()
    private var lines: [UInt8] = []

    private static let digestedTogether = 1 << 14

    mutating func add(_ image: ImageRecord) {
        append(image.path)
        append(image.location.text)
        append(image.output)
        if lines.count >= Self.digestedTogether { digestLines() }
    }

    private mutating func append(_ text: String) {
        if text.utf8.withContiguousStorageIfAvailable({ lines.append(contentsOf: $0) }) == nil {
            lines.append(contentsOf: text.utf8)
        }
        // NUL ends no path, so it can end a field.
        lines.append(0)
    }

    private mutating func digestLines() {
        lines.withUnsafeBytes { stream.update($0) }
        lines.removeAll(keepingCapacity: true)
    }

    mutating func finish() -> Digest {
        digestLines()
        return stream.finish()
    }
}
