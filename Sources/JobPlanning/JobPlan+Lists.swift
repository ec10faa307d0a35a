import Cluster
import ImageLists
import JobRules
import Journal
import Logging

/// What a job's lists must be like before it begins. One that has begun goes on with the list that it has.
extension JobPlan {
    /// - Throws: `JobError.wrongRequest` where a new job cannot do with its lists.
    func checkLists(isNew: Bool, _ logger: Logger) throws {
        guard isNew else { return }
        if let fit {
            try Self.requireNormal(fit.list)
            if !fit.trustsFolders {
                try NormalImages(option: kind == .run ? "--normal" : "--images", logger: logger).check(fit.list)
            }
        }
        if let calibrate {
            try Self.requireNormal(calibrate.list)
            if !calibrate.trustsFolders { try NormalImages(option: "--images", logger: logger).check(calibrate.list) }
        }
        if let list = inspect?.list { NormalImages(option: "--images", logger: logger).warnOfMasks(list) }
        for (role, list) in lists { try Self.requireShort(list, shards(role), shardSize: cluster.shardSize) }
    }

    /// The shards that a role's list is cut into.
    func shards(_ role: ImageRole) -> [NewShard] {
        if let lots = lots(role) { return lots.shards(shardSize: cluster.shardSize) }
        let images = inspect?.list.entries.count ?? 0
        return ShardLayout.sizes(images: images, shardSize: cluster.shardSize).map { NewShard(images: $0) }
    }

    /// The lots of a role's list, where it may have some.
    func lots(_ role: ImageRole) -> LotPlan? { role == Fit.role ? fit?.lots ?? calibrate?.lots : nil }

    /// A model of what is normal learns from nothing else.
    private static func requireNormal(_ list: ImageList) throws {
        let defective = list.entries.indices.filter { (list.entries[$0].label ?? 0) != 0 }
        if let first = defective.first {
            throw JobError.wrongRequest(
                "\(defective.count) of the \(list.entries.count) images to learn from are labelled as defective, the first is "
                    + "\(list.entries[first].path): give a list of normal ones, or name their split with --split")
        }
    }

    /// A shard is dealt in one message, which has a limit.
    static func requireShort(_ list: ImageList, _ shards: [NewShard], shardSize size: Int?) throws {
        var begin = 0
        for images in shards.map(\.images) {
            defer { begin += images }
            func sum(_ length: (String) -> Int) -> Int {
                (begin..<begin + images).reduce(1 << 10) { total, place in
                    total + length(list.entries[place].location.text) + length(list.entries[place].outputStem) + 64
                        + (list.entries[place].region.map { length($0.text) + 256 } ?? 0)
                }
            }
            // No byte becomes more than six. Hardly a shard has so many that they have to be looked at.
            if sum({ 6 * $0.utf8.count }) <= Wire.longestHeader { continue }
            let bytes = sum(lengthInJSON)
            guard bytes <= Wire.longestHeader else {
                let size = size ?? ShardLayout.usualSize(of: list.entries.count)
                throw JobError.wrongRequest(
                    "--shard-size \(size) is too large for paths as long as that of \(list.entries[begin].location); "
                        + "\(max(1, size * Wire.longestHeader / bytes)) would do")
            }
        }
    }

    private static func lengthInJSON(_ text: String) -> Int {
        text.utf8.reduce(0) { length, byte in
            switch byte {
            case ..<32: length + 6
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): length + 2
            default: length + 1
            }
        }
    }
}
