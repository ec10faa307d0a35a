import Cluster
import ImageLists
import JobRules
import Journal
import Logging
import Settings
import Storage

/// Which images of a fit's list are of which lot, and which lots' sums are kept apart from the others', so that the model without such a lot
/// follows by subtraction. It is decided from the list alone, before any image is read.
package struct LotPlan {
    /// Each image's lot, in the list's order. Nil: lots follow from the images that are in the sums, when the model is tried on them.
    package private(set) var lots: [Int]?
    /// The lots whose sums are kept apart: those with too many images to be left out together in one shard.
    package private(set) var apart: Set<Int> = []
    /// The disk that the sums of large lots would take, where it is too much for what nobody asked for.
    package private(set) var tooManyBytes: Int64?

    /// Which image is of which lot, where a column says it: the list's own digest does not depend on it.
    package private(set) var columnDigest: Digest?

    private let images: Int
    private var isColumn = false

    /// More disk is taken for lots only where somebody asks for them.
    package static let mostBytes: Int64 = 16_000_000_000

    /// A list of no images, or one without lots.
    package init(images: Int = 0) { self.images = images }

    /// - Parameters:
    ///   - calibration: nil: no lot will be left out.
    ///   - bytesOfSums: the size of a file of sums.
    ///   - largestLot: lots of more images have sums of their own.
    /// - Throws: `JobError` where a column is to say the lots, and does not say that of an image.
    package init(
        _ list: ImageList, _ calibration: CalibrationSettings?, bytesOfSums: Int64,
        largestLot: Int = CalibrationOrder.largestLot
    ) throws {
        self.init(images: list.entries.count)
        guard let calibration, calibration.lots != .none else { return }
        let numbers = try Self.numbers(list, calibration.lots)
        let sizes = Dictionary(numbers.map { ($0, 1) }, uniquingKeysWith: +)
        let large = sizes.filter { $0.value > largestLot && images - $0.value >= Self.fewestOthers }
        let bytes = Int64(large.count).multipliedReportingOverflow(by: bytesOfSums)
        let fits = !bytes.overflow && bytes.partialValue <= Self.mostBytes
        if fits || calibration.areLotsAskedFor { apart = Set(large.keys) } else { tooManyBytes = bytes.partialValue }
        isColumn = calibration.lotColumn != nil
        if isColumn { columnDigest = Self.digest(numbers) }
        if isColumn || !apart.isEmpty { lots = numbers }
    }

    /// The most images of a lot that is left out of a model without sums of its own: they are in memory together. An image of several samples
    /// is left out by these samples, which the algebra of a lot does not have beside the plain image.
    package static func largestLot(_ input: InputSettings) -> Int {
        input.samplesPerImage.upperBound > 1 ? 0 : CalibrationOrder.largestLot / input.inputsTogether
    }

    /// With fewer other images there is no model without the lot.
    private static let fewestOthers = 3

    private static func numbers(_ list: ImageList, _ choice: LotChoice) throws -> [Int] {
        var numbers = LotNumbers(choice, images: list.entries.count)
        return try list.entries.indices.map { place in
            let lot = list.entries[place].lot
            if case .column(let name) = choice, lot == nil {
                throw JobError.wrongRequest(
                    "the list's column '\(name)' does not say which lot \(list.entries[place].path) is of; fill it in, or leave --lot-column out"
                )
            }
            return numbers.next(output: list.entries[place].outputStem, column: lot)
        }
    }

    /// The largest of the lots that have names, where it is too large to be left out without sums of its own.
    package static func tooLarge(_ list: ImageList, _ choice: LotChoice) -> (name: String, images: Int)? {
        var sizes: [String: Int] = [:]
        for entry in list.entries {
            switch choice {
            case .none, .tenths: return nil
            case .folders: sizes[LotNumbers.folder(of: entry.outputStem), default: 0] += 1
            case .column: sizes[entry.lot ?? "", default: 0] += 1
            }
        }
        guard let largest = sizes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }),
            largest.value > CalibrationOrder.largestLot
        else { return nil }
        return (largest.key, largest.value)
    }

    /// Says that the list names lots, where nobody said which lots are meant.
    package static func tellOfUnusedColumn(_ list: ImageList, _ calibration: CalibrationSettings?, _ logger: Logger) {
        guard let calibration, !calibration.areLotsAskedFor,
            list.entries.indices.contains(where: { list.entries[$0].lot != nil })
        else {
            return
        }
        logger.notice(
            "the list has a column lot, and lots are ten stretches of the list all the same: --lot-column lot takes them from the column"
        )
    }

    /// The same for a job that keeps no lot's sums apart.
    package var withoutSumsApart: LotPlan {
        var plan = self
        if !plan.apart.isEmpty { (plan.apart, plan.lots) = ([], isColumn ? lots : nil) }
        plan.tooManyBytes = nil
        return plan
    }

    private static func digest(_ numbers: [Int]) -> Digest {
        var stream = DigestStream()
        for number in numbers { stream.update("\(number)\n") }
        return stream.finish()
    }

    /// Cuts the list into shards, none of which has images of two lots of which one is kept apart.
    package func shards(shardSize: Int?) -> [NewShard] {
        let shardSize = shardSize ?? ShardLayout.usualSize(of: images)
        guard let lots, !apart.isEmpty else { return Self.shards(of: images, shardSize, lot: nil) }
        var (shards, next) = ([NewShard](), 0)
        func lot(_ place: Int) -> Int? { apart.contains(lots[place]) ? lots[place] : nil }
        while next < images {
            let own = lot(next)
            let end = (next..<images).first { lot($0) != own } ?? images
            shards += Self.shards(of: end - next, shardSize, lot: own)
            next = end
        }
        return shards
    }

    private static func shards(of images: Int, _ shardSize: Int, lot: Int?) -> [NewShard] {
        ShardLayout.sizes(images: images, shardSize: shardSize).map { NewShard(images: $0, lot: lot) }
    }
}

/// Numbers the lots of images, which come in the list's order: from 0, in the order in which they first appear.
struct LotNumbers {
    private static let tenths = 10

    private let choice: LotChoice
    private let images: Int
    private var place = 0
    private var folders: [String: Int] = [:]
    private var columns: [String: Int] = [:]

    /// - Parameter images: how many there are.
    init(_ choice: LotChoice, images: Int) { (self.choice, self.images) = (choice, images) }

    /// - Parameters:
    ///   - output: where the map of the image would go: it mirrors the folders of its list.
    ///   - column: its lot, as the list's column has it.
    mutating func next(output: String, column: String?) -> Int {
        defer { place += 1 }
        switch choice {
        case .none: return 0
        case .tenths: return place * Self.tenths / images
        case .folders:
            return Self.number(Self.folder(of: output), &folders)
        case .column: return Self.number(column ?? "", &columns)
        }
    }

    /// The image's top folder below that of its list; empty for an image that lies in no folder.
    static func folder(of output: String) -> String {
        output.split(separator: "/").count > 1 ? String(output.prefix { $0 != "/" }) : ""
    }

    private static func number<Name: Hashable>(_ name: Name, _ known: inout [Name: Int]) -> Int {
        if let number = known[name] { return number }
        known[name] = known.count
        return known.count - 1
    }
}
