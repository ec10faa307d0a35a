import Cluster
import Gaussian
import Journal
import Settings
import Storage

/// Which of a fit's images its model is tried on, and which lots are left out of it. It follows from the list, from which images are in the
/// sums, and from their contents: not from workers, order or time.
package struct CalibrationPlan {
    /// In the order of their lots, and in these of the list.
    package var images: [ImageRecord] = []
    package var shards: [NewShard] = []
    /// Ranges of the fit's images, and the lot of each; empty where no lot is left out.
    package var lots: [(images: ClosedRange<ImageID>, lot: Int)] = []
    /// Why lots are not left out although they were asked for, in words.
    package var lotsObstacle: String?
    /// How many of the images the model does not have.
    package var outside = 0

    /// Fewer images, and what is left without a lot says too little.
    private static let fewestForLots = 20
    private static let tenths = 10
    /// A worker holds the embeddings of a whole shard.
    private static let largestShard = 64

    /// - Parameters:
    ///   - count: images that the model has: those of the role, and those of sums that it goes on from.
    ///   - members: which images the model has, where others may be among the role's; nil: it has all of them.
    package init(
        _ journal: Journal, role: ImageRole, count: Int64, settings: CalibrationSettings, shardSize: Int,
        members: ImageMultiset? = nil
    ) throws {
        let own = try journal.counts(role).ok
        guard count >= 3, own > 0, let last = try journal.content(ofRank: min(settings.images, own), role) else {
            return
        }
        func isDrawn(_ image: JobImage) -> Bool {
            guard let digest = image.record.digest else { return false }
            return digest < last.digest || digest == last.digest && image.id <= last.image
        }
        var lotOf = LotNumbers(settings.lots, images: own)
        var sizes: [Int: Int] = [:]
        var drawn: [(image: JobImage, lot: Int)] = []
        try journal.forEachFoldedImage(role) { image in
            let lot = lotOf.next(image)
            sizes[lot, default: 0] += 1
            if let end = lots.last, end.lot == lot {
                lots[lots.count - 1].images = end.images.lowerBound...image.id
            } else {
                lots.append((image.id...image.id, lot))
            }
            if isDrawn(image) { drawn.append((image, lot)) }
        }
        if let members {
            outside = drawn.count { image, _ in image.record.digest.map { !members.contains($0) } ?? true }
            if settings.lots != .none, try !members.hasAll(journal.contents(role) ?? []) {
                lotsObstacle = "not all of the images are in the model"
            }
        }
        lotsObstacle = lotsObstacle ?? Self.obstacle(settings.lots, sizes, count: count)
        let leavesLotsOut = settings.lots != .none && lotsObstacle == nil
        if leavesLotsOut { drawn.sort { ($0.lot, $0.image.id) < ($1.lot, $1.image.id) } } else { lots = [] }
        images = drawn.map { image, lot in
            ImageRecord(
                path: image.record.path, location: image.record.location, output: image.record.output,
                digest: image.record.digest, lot: leavesLotsOut ? lot : nil)
        }
        let shardSizes =
            leavesLotsOut
            ? sizes.keys.sorted().map { lot in drawn.count { $0.lot == lot } }.filter { $0 > 0 }
            : ShardLayout.sizes(images: images.count, shardSize: min(shardSize, Self.largestShard))
        shards = shardSizes.map { NewShard(images: $0) }
    }

    private static func obstacle(_ choice: LotChoice, _ sizes: [Int: Int], count: Int64) -> String? {
        guard choice != .none, let largest = sizes.values.max() else { return nil }
        if sizes.count < 2 { return "all images are of one lot" }
        if count < fewestForLots { return "there are only \(count) images" }
        if largest > CalibrationOrder.largestLot {
            return
                "a lot has \(largest) images, and only lots of at most \(CalibrationOrder.largestLot) can be left out"
        }
        return Int64(largest) > count - 3 ? "a lot has nearly all of the images" : nil
    }

    /// Numbers the lots of images, which come in the list's order.
    private struct LotNumbers {
        private let choice: LotChoice
        private let images: Int
        private var place = 0
        private var folders: [String: Int] = [:]

        init(_ choice: LotChoice, images: Int) { (self.choice, self.images) = (choice, images) }

        mutating func next(_ image: JobImage) -> Int {
            defer { place += 1 }
            switch choice {
            case .none: return 0
            case .tenths: return place * tenths / images
            case .folders:
                // Where the map of an image would go mirrors the folders of its list.
                let path = image.record.output
                let folder = path.split(separator: "/").count > 1 ? String(path.prefix { $0 != "/" }) : ""
                if let known = folders[folder] { return known }
                folders[folder] = folders.count
                return folders.count - 1
            }
        }
    }
}

extension ImageMultiset {
    /// Whether it has each of these images, as often as they are given.
    fileprivate func hasAll(_ digests: [ContentDigest]) -> Bool { subtracting(ImageMultiset(digests)).absent == nil }
}
