import GRDB
import Storage

extension Journal {
    /// Looks whether each role's shards hold each of its images once, and the partials as many images as the shards say. Where they do
    /// not, a bad disk has changed the journal, and numbers would be silently wrong.
    /// - Throws: ``JournalError/inconsistent(_:)``.
    public func checkShards() throws {
        var images = 0
        for role in ImageRole.allCases { images += try checkShards(role) }
        let all = try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM images") ?? 0 }
        guard images == all else { throw damaged("some of its images are of no shard") }
        try checkPartials()
    }

    /// - Returns: how many images the role has.
    private func checkShards(_ role: ImageRole) throws -> Int {
        let shards = try shards(role)
        // To look for the images of a role is to read all images; those of a role without shards are missed in the sum over all roles.
        guard !shards.isEmpty, let images = try imageRange(role) else { return 0 }
        var next = images.lowerBound
        for shard in shards {
            guard shard.firstImage == next else {
                throw damaged("shard \(shard.id) does not begin where the one before it ends")
            }
            next = shard.endImage
        }
        guard next == images.upperBound else { throw damaged("its shards do not hold all images") }
        return images.count
    }

    /// The numbers of a role's images, which follow each other; nil where it has none.
    private func imageRange(_ role: ImageRole) throws -> Range<ImageID>? {
        let sql = "SELECT min(id) AS first, max(id) AS last, count(*) AS images FROM images WHERE role = ?"
        let row = try read { try Row.fetchOne($0, sql: sql, arguments: [role.rawValue]) }
        guard let row, try row.count("images") > 0 else { return nil }
        let range = try ImageID(rawValue: row.count("first"))..<ImageID(rawValue: row.count("last")).next
        guard try Int64(range.count) == row.count("images") else { throw damaged("images are missing in its list") }
        return range
    }

    /// An image that is done either counts in its shard's partial or has a result of its own. A calibration of a model that was there
    /// makes no sums.
    private func checkPartials() throws {
        if job.kind == .calibrate { return }
        // Shard by shard, by the images' numbers: left to itself, SQLite compares every image with every shard that is done.
        let sql = """
            SELECT shards.role AS role, shards.lot AS lot, count(*) AS images
            FROM shards CROSS JOIN images NOT INDEXED ON images.id >= first_image AND images.id < first_image + shards.images
            WHERE state = 'committed' AND status = 'ok' AND (partial IS NOT NULL OR score IS NULL)
            GROUP BY shards.role, shards.lot
            """
        var missing: [Counted: Int64] = [:]
        try read { database in
            for row in try Row.fetchAll(database, sql: sql) {
                missing[try Counted(role: row.role(), lot: row.lot())] = try row.count("images")
            }
        }
        for partial in try partials() {
            missing[Counted(role: partial.role, lot: partial.lot), default: 0] -= Int64(partial.record.images)
        }
        if let (of, images) = missing.first(where: { $0.value != 0 }) {
            let lot = of.lot.map { " of lot \($0)" } ?? ""
            throw damaged(
                "its partials of \(of.role.label) images\(lot) have \(abs(images)) \(images < 0 ? "more" : "fewer") than its shards"
            )
        }
    }

    /// Whose images partials count.
    private struct Counted: Hashable {
        let role: ImageRole
        let lot: Int?
    }

    private func damaged(_ what: String) -> JournalError {
        .inconsistent("\(directory.database) is damaged: \(what); start the job anew in another directory")
    }
}
