import Cluster
import Gaussian
import JobRules
import Journal
import Settings
import Storage

/// Which of a fit's images its model is tried on, and which lots are left out of it. It follows from the list, from which images are in the
/// sums, and from their contents: not from workers, order or time.
package struct CalibrationPlan {
    /// In the order of their lots, and in these of the list.
    package var images: [ImageRecord] = []
    package var shards: [NewShard] = []
    /// Ranges of the fit's images, and the lot of each; empty where no lot is left out. Nil: the journal has known the lots since the images
    /// were registered.
    package var lots: [(images: ClosedRange<ImageID>, lot: Int)]?
    /// Why lots are not left out although they were asked for, in words.
    package var lotsObstacle: String?
    /// How many of the images the model does not have.
    package var outside = 0

    /// Fewer images, and what is left without a lot says too little.
    private static let fewestForLots = 20
    /// A worker holds the embeddings of a whole shard.
    private static let largestShard = 64

    /// - Parameters:
    ///   - count: images that the model has: those of the role, and those of sums that it goes on from.
    ///   - input: of the model: how many samples an image has, which are in memory together.
    ///   - members: which images the model has, where others may be among the role's; nil: it has all of them.
    package init(
        _ journal: Journal, role: ImageRole, count: Int64, settings: CalibrationSettings, shardSize: Int?,
        input: InputSettings,
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
        let apart = Set(try journal.shards(role).compactMap(\.lot))
        var areKnown = !apart.isEmpty
        if case .column = settings.lots { areKnown = true }
        var numbers = LotNumbers(settings.lots, images: own)
        var ranges: [(images: ClosedRange<ImageID>, lot: Int)] = []
        var sizes: [Int: Int] = [:]
        var drawn: [(image: JobImage, lot: Int)] = []
        try journal.forEachFoldedImage(role) { image in
            let next = numbers.next(output: image.record.output, column: nil)
            guard let lot = areKnown ? image.record.lot : next else {
                throw JournalError.inconsistent("the journal does not have the lot of image \(image.id)")
            }
            sizes[lot, default: 0] += 1
            if let end = ranges.last, end.lot == lot {
                ranges[ranges.count - 1].images = end.images.lowerBound...image.id
            } else {
                ranges.append((image.id...image.id, lot))
            }
            if isDrawn(image) { drawn.append((image, lot)) }
        }
        if let members {
            outside = drawn.count { image, _ in image.record.digest.map { !members.contains($0) } ?? true }
            if settings.lots != .none, try !members.hasAll(journal.contents(role) ?? []) {
                lotsObstacle = "not all of the images are in the model"
            }
        }
        let largestLot = LotPlan.largestLot(input)
        lotsObstacle =
            lotsObstacle ?? Self.obstacle(settings.lots, sizes, apart: apart, count: count, largestLot: largestLot)
        let leavesLotsOut = settings.lots != .none && lotsObstacle == nil
        lots = areKnown ? nil : leavesLotsOut ? ranges : []
        if leavesLotsOut { drawn.sort { ($0.lot, $0.image.id) < ($1.lot, $1.image.id) } }
        images = drawn.map { image, lot in
            ImageRecord(
                path: image.record.path, location: image.record.location, output: image.record.output,
                digest: image.record.digest, lot: leavesLotsOut ? lot : nil, region: image.record.region)
        }
        let size = min(
            shardSize ?? ShardLayout.usualSize(of: images.count), max(Self.largestShard / input.inputsTogether, 1))
        let small = { (images: Int) in ShardLayout.sizes(images: images, shardSize: size) }
        guard leavesLotsOut else {
            shards = small(images.count).map { NewShard(images: $0) }
            return
        }
        let drawnOf = Dictionary(drawn.map { ($0.lot, 1) }, uniquingKeysWith: +)
        for (lot, images) in drawnOf.sorted(by: { $0.key < $1.key }) {
            // A lot whose sums are kept apart need not be dealt as one.
            shards +=
                apart.contains(lot) ? small(images).map { NewShard(images: $0, lot: lot) } : [NewShard(images: images)]
        }
    }

    private static func obstacle(
        _ choice: LotChoice, _ sizes: [Int: Int], apart: Set<Int>, count: Int64, largestLot: Int
    ) -> String? {
        guard choice != .none, let largest = sizes.values.max() else { return nil }
        if sizes.count < 2 { return "all images are of one lot" }
        if count < fewestForLots { return "there are only \(count) images" }
        if let large = sizes.filter({ !apart.contains($0.key) }).values.max(), large > largestLot {
            return largestLot == 0
                ? "lots of images with several tiles or copies need sums of their own, which this job does not keep"
                : "a lot has \(large) images, and lots of more than \(largestLot) need sums of their own, which this job does not keep"
        }
        return Int64(largest) > count - 3 ? "a lot has nearly all of the images" : nil
    }
}

extension ImageMultiset {
    /// Whether it has each of these images, as often as they are given.
    fileprivate func hasAll(_ digests: [ContentDigest]) -> Bool { subtracting(ImageMultiset(digests)).absent == nil }
}
