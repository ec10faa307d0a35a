import Foundation
import GRDB
import Storage

// How rows become values. A journal may have been changed by others: a value of a wrong type or out of its range is an
// error, never a trap.

extension Identifier: DatabaseValueConvertible, StatementColumnConvertible {}

extension Row {
    /// The column's value; an optional one may be NULL.
    func get<Value: DatabaseValueConvertible & StatementColumnConvertible>(_ column: String) throws -> Value {
        try decode(Value.self, forColumn: column)
    }

    /// A count or position: not negative, and small enough that a few of them add up safely.
    func count(_ column: String) throws -> Int64 {
        let value: Int64 = try get(column)
        guard (0...1 << 52).contains(value) else {
            throw JournalError.inconsistent("the journal's \(column) of \(value) is not possible")
        }
        return value
    }

    /// Where something lies in the job's directory, if anywhere. Files are written there: it must not lead out.
    /// - Parameter ending: what is put behind it before it is used.
    func place(_ column: String, ending: String = "") throws -> String? {
        let place: String? = try get(column)
        if let place, !RelativePath.isContained(place + ending) {
            throw JournalError.inconsistent(
                "the journal's \(column) of '\(place.prefix(80))' does not lie in the job's directory")
        }
        return place
    }

    func contentDigest() throws -> ContentDigest? {
        let bytes: Data? = try get("digest")
        guard let bytes else { return nil }
        guard let digest = ContentDigest(bytes: bytes) else {
            throw JournalError.inconsistent("the journal's digest of an image's content has \(bytes.count) bytes")
        }
        return digest
    }

    func location() throws -> ImageLocation {
        try location(try get("file"), placeIn: "place")
    }

    /// The mask of an image's own region of interest.
    func region() throws -> ImageLocation? {
        let file: String? = try get("roi")
        return try file.map { try location($0, placeIn: "roi_place") }
    }

    private func location(_ file: String, placeIn column: String) throws -> ImageLocation {
        let json: String? = try get(column)
        // A journal that was changed by others may hold anything.
        let place = try json.map { json in
            guard let place = try? JSONDecoder().decode(ImagePlace.self, from: Data(json.utf8)) else {
                throw JournalError.inconsistent("the journal's place of image '\(file.prefix(80))' cannot be read")
            }
            return place
        }
        guard let location = ImageLocation(text: file, place: place) else {
            throw JournalError.inconsistent("the journal's place of image '\(file.prefix(80))' is not possible")
        }
        return location
    }

    func lot() throws -> Int? {
        let number: Int64? = try get("lot")
        return try number == nil ? nil : Int(count("lot"))
    }

    private func name<Name: RawRepresentable<String>>(_ column: String, as type: Name.Type) throws -> Name {
        let text: String = try get(column)
        guard let name = Name(rawValue: text) else {
            throw JournalError.inconsistent("the journal's \(column) of '\(text.prefix(80))' is not known")
        }
        return name
    }

    /// Of a partial.
    func maker() throws -> ResultMaker? { try maker("maker", set: "maker_set") }

    /// Of a shard whose images were scored.
    func scorer() throws -> ResultMaker? { try maker("scored_by", set: "scored_set") }

    private func maker(_ name: String, set: String) throws -> ResultMaker? {
        let (worker, set): (String?, String?) = (try get(name), try get(set))
        guard let worker, let set else { return nil }
        return ResultMaker(worker: worker, instructionSet: set)
    }

    /// Of a shard.
    func fingerprint() throws -> Fingerprint? {
        let number: Int64? = try get("fingerprint")
        guard let number else { return nil }
        guard let value = UInt64(exactly: number), let fingerprint = Fingerprint(value) else {
            throw JournalError.inconsistent("the journal's fingerprint of \(number) is not possible")
        }
        return fingerprint
    }

    func role() throws -> ImageRole { try name("role", as: ImageRole.self) }

    func status() throws -> ImageStatus? {
        let text: String? = try get("status")
        guard let text else { return try get("excluded") == 1 ? .excluded : nil }
        guard let status = ImageStatus(rawValue: text) else {
            throw JournalError.inconsistent("the journal's status of '\(text.prefix(80))' is not known")
        }
        return status
    }
}

extension ShardRecord {
    init(row: Row) throws {
        id = ShardID(rawValue: try row.count("id"))
        role = try row.role()
        firstImage = ImageID(rawValue: try row.count("first_image"))
        images = Int(try row.count("images"))
        guard images <= Self.mostImages else {
            throw JournalError.inconsistent("the journal's shard \(id) of \(images) images is not possible")
        }
        isCommitted = try row.get("state") == "committed"
        attempts = Int(try row.count("attempts"))
        lot = try row.lot()
    }

    /// So many shards as there may be have no more images in all than an Int holds.
    private static let mostImages = 1 << 31

    /// Whether the image is one of this shard's.
    package func contains(_ image: ImageID) -> Bool { image >= firstImage && firstImage.distance(to: image) < images }

    /// The number behind that of the last image.
    package var endImage: ImageID { firstImage.advanced(by: images) }
}

extension ImageRecord {
    init(row: Row) throws {
        self.init(
            path: try row.get("path"), location: try row.location(),
            // A journal need not name one. Then it is the image's number, which is no other's.
            output: try row.place("output", ending: ".png") ?? "\(row.get("id") as ImageID)",
            digest: try row.contentDigest(), lot: try row.lot(), region: try row.region())
    }
}

extension ImageRow {
    init(row: Row, _ sources: SourceTable) throws {
        id = try row.get("id")
        source = sources.name(of: id)
        record = try ImageRecord(row: row)
        status = try row.status()
        reason = try row.get("reason")
        let score: Double? = try row.get("score")
        if let score, !(0...Double(Float.greatestFiniteMagnitude)).contains(score) {
            throw JournalError.inconsistent("the journal's score of \(score) of image \(record.path) is not possible")
        }
        self.score = score.map { Float($0) }
        maxRow = try row.get("max_row")
        maxColumn = try row.get("max_col")
        imageRow = try row.get("image_row")
        imageColumn = try row.get("image_col")
        flagged = try row.get("flagged")
        mapPath = try row.place("map_path")
    }
}

extension CommittedPartial {
    init(row: Row) throws {
        id = try row.get("id")
        let digest: String = try row.get("digest")
        guard let digest = Digest(hex: digest) else {
            throw JournalError.inconsistent(
                "the journal's digest of partial \(id), '\(digest.prefix(80))', is no SHA-256")
        }
        record = PartialRecord(
            file: try row.get("file"), images: Int(try row.count("images")), clamped: try row.count("clamped"),
            digest: digest, maker: try row.maker())
        role = try row.role()
        lot = try row.lot()
        guard record.isFileNameSafe else {
            throw JournalError.inconsistent(
                "the journal names partial \(id) '\(record.file)': that is no plain file name")
        }
    }
}
