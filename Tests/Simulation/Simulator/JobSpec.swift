import Cluster
import Gaussian
import JobRules
import Journal
import Settings
import Storage

/// A job: its images, and what is the matter with them.
package struct JobSpec {
    let number: Int
    package let normal: Int
    package let inspected: Int
    package let shardSize: Int
    let unreadable: Set<ImageID>
    let poison: Set<ImageID>
    /// Poison ends the coordinator as well: it takes the machine down that both run on.
    let isDeadly: Bool
    /// The most images that may fail, of each role.
    let mostFailures: Int
    /// Whether more of them end the inspection at once, and not when all others are scored.
    let failsFast: Bool
    let patches: Int
    let dimension: Int
    let maps: Bool
    let overlays: Bool

    /// Images are numbered from 1, the normal ones first.
    var images: Int { normal + inspected }

    /// The roles of its images, in their order, and how many images each has.
    package var roles: [(role: ImageRole, images: Int)] {
        [(.normal, normal), (.inspect, inspected)].filter { $0.images > 0 }
    }

    /// Whether the model is tried on its own images. It follows from what is drawn for other things, so that no seed changes for it.
    var isCalibrated: Bool { normal > 0 && (dimension == 2 || calibratesGiven) }

    /// Whether it only calibrates a model that was there. It follows from what is drawn for other things, too.
    var calibratesGiven: Bool { normal > 0 && inspected == 0 && dimension == 1 && patches % 2 == 1 && number != 0 }

    /// How many images to inspect the list has when the job begins, and how many come later, in turn. Where more come follows from what is
    /// drawn for other things, too.
    var portions: [Int] {
        guard normal == 0, inspected > 2, number != 0, patches % 2 == 1 else { return [inspected] }
        let first = Int(Truth.mix(UInt64(number), UInt64(inspected), 11) % UInt64(inspected))
        let second = Int(Truth.mix(UInt64(number), UInt64(inspected), 12) % UInt64(inspected - first))
        return [first, second, inspected - first - second].filter { $0 > 0 }
    }

    /// Whether shards are computed once more by other workers. It follows from what is drawn for other things, too.
    var isAudited: Bool {
        normal > 2 && !calibratesGiven && (wrong.isEmpty || !isWrongKnown)
            && Truth.mix(UInt64(number), UInt64(normal), UInt64(inspected), 21) % 2 == 0
    }

    /// Whether images that are inspected are scored once more by other workers, likewise.
    var areScoresAudited: Bool {
        inspected > 2 && Truth.mix(UInt64(number), UInt64(normal), UInt64(inspected), 22) % 4 == 0
    }

    /// Whether images of the calibration are, likewise.
    var isCalibrationAudited: Bool {
        isCalibrated && !hasLots && (wrong.isEmpty || !isWrongKnown)
            && Truth.mix(UInt64(number), UInt64(normal), UInt64(inspected), 23) % 2 == 0
    }

    /// What fingerprints are made by.
    static let audit = AuditOrder(seed: 7)

    /// Images that are no good ones, as somebody finds out: places in the list. Where they are taken out follows from what is drawn, too.
    var wrong: [Int] {
        guard inspected == 0, normal > 3, !calibratesGiven else { return [] }
        return (0..<normal).filter { Truth.mix(UInt64(number), UInt64(normal), UInt64($0), 9) % 5 == 0 }
    }

    /// Whether that is known before the job begins.
    var isWrongKnown: Bool { shardSize % 3 == 0 }

    /// The tag of a model that was there.
    var givenModel: UInt64 { Truth.mix(0x60D, UInt64(number)) }

    /// Whether some of its images are of lots whose sums are kept apart. It follows from what is drawn for other things, too.
    var hasLots: Bool { normal > 5 && patches % 2 == 0 }

    /// The shards that images of a role are cut into; none has images of two lots.
    package func shards(_ role: ImageRole) -> [NewShard] {
        guard role == .normal else { return Self.shards(of: portions[0], shardSize) }
        guard hasLots else { return Self.shards(of: normal, shardSize) }
        return Self.shards(ofLots: (1...ImageID(0).advanced(by: normal)).map(lot), shardSize)
    }

    /// The lot of a normal image, where its sums are kept apart: the first third is of lot 1, the last of lot 0.
    func lot(_ image: ImageID) -> Int? { hasLots ? [1, nil, 0][min(2, image.place * 3 / normal)] : nil }

    static func shards(of images: Int, _ shardSize: Int, lot: Int? = nil) -> [NewShard] {
        stride(from: 0, to: images, by: shardSize).map { NewShard(images: min(shardSize, images - $0), lot: lot) }
    }

    /// - Parameter lots: that of each image.
    static func shards(ofLots lots: [Int?], _ shardSize: Int) -> [NewShard] {
        var (shards, next) = ([NewShard](), 0)
        while next < lots.count {
            let images = lots[next...].prefix { $0 == lots[next] }.count
            shards += Self.shards(of: images, shardSize, lot: lots[next])
            next += images
        }
        return shards
    }

    var stages: [JobStage] {
        calibratesGiven
            ? [.identify(mostFailures: mostFailures), .calibrate(isAudited: isCalibrationAudited)] : stagesOfFit
    }

    private var stagesOfFit: [JobStage] {
        (normal > 0
            ? [.fit(mostFailures: mostFailures, isCalibrated: isCalibrated, isAudited: isAudited)] : [])
            + (isCalibrated ? [.calibrate(isAudited: isCalibrationAudited)] : [])
            + (inspected > 0
                ? [.inspect(mostFailures: mostFailures, failsFast: failsFast, isAudited: areScoresAudited)] : [])
    }

    /// How often its disk is waited for, at most, where nothing goes wrong but that images kill workers: each image may be in a shard of its own, and
    /// has two rows where the model is calibrated or images are taken out. A shard is noted as in hand, has results with artifacts, or sums that come
    /// in a chunk a patch, are synced, named, committed and added up.
    var mostDiskSteps: Int64 { Int64(2 * images * (patches + kinds.count + 12)) }

    var kinds: [Artifact] { (maps ? [.map] : []) + (overlays ? [.overlay] : []) }

    /// A job in which nothing is the matter with any image.
    package init(normal: Int, inspected: Int, shardSize: Int) {
        (number, self.normal, self.inspected, self.shardSize) = (0, normal, inspected, shardSize)
        (unreadable, poison, isDeadly, mostFailures, failsFast) = ([], [], false, .max, false)
        (patches, dimension, maps, overlays) = (1, 1, false, false)
    }

    package init(number: Int, _ theme: Theme?, _ dice: Dice) {
        self.number = number
        let kind =
            switch theme {
            case .deathsAtFirst, .lateCheckpoints: 0
            case .lateMaps: 1
            case .fasterThanTheDisk, nil: dice.draw(0...2)
            }
        let normal = kind == 1 ? 0 : dice.draw(theme == .lateCheckpoints ? 30...40 : 2...40)
        let inspected = kind == 0 ? 0 : dice.draw(1...24)
        (self.normal, self.inspected) = (normal, inspected)
        shardSize = theme == .deathsAtFirst ? dice.draw(2...8) : dice.draw(theme == .lateCheckpoints ? 1...2 : 1...8)
        let all = ImageID(0).advanced(by: normal + inspected)
        var unreadable: Set<ImageID> = []
        if dice.percent(40) {
            for image in 1...all where dice.percent(10) { unreadable.insert(image) }
        }
        if dice.percent(10) {
            // A folder that is gone: whole shards of nothing.
            let first = dice.draw(1...all)
            unreadable.formUnion(first...min(all, first.advanced(by: 10)))
        }
        self.unreadable = unreadable
        let isFast = theme == .fasterThanTheDisk
        poison = isFast || dice.percent(12) ? [dice.draw(1...all)] : []
        isDeadly = isFast || dice.percent(40)
        mostFailures = dice.percent(15) ? dice.draw(0...3) : .max
        failsFast = mostFailures != .max && dice.percent(40)
        patches = dice.draw(1...4)
        dimension = dice.draw(1...2)
        (maps, overlays) = (theme == .lateMaps || dice.percent(60), dice.percent(30))
    }

    func space(weights: Digest) throws -> FeatureSpace {
        try FeatureSpace(
            backbone: "none", weights: weights, layers: ["a"], channels: Array(0..<dimension),
            input: InputSettings(height: 8, width: 8), gridHeight: 1, gridWidth: patches,
            grid: FixedPointGrid(layerChannels: [dimension], kept: Array(0..<dimension)))
    }

    var order: InspectionOrder {
        InspectionOrder(
            settings: InspectionSettings(maps: maps ? .npy : .none, overlays: overlays ? .all : .none),
            mapScaleExponent: 8, firstColor: 10, lastColor: 40, directory: "/job\(number)", probe: "seen",
            probeValue: "1", tellsContents: areScoresAudited)
    }

    var calibrationOrder: CalibrationOrder {
        CalibrationOrder(rules: [.max], blurBorder: .repeatingEdge, largest: shardSize, leavesLotsOut: false)
    }

    func task(_ image: ImageID) -> ImageTask {
        ImageTask(id: image, location: .file("\(number)/\(image)"), output: "\(image)")
    }
}

extension JobSpec: CustomStringConvertible {
    /// For a history; sets in order, so that it is the same in every process.
    package var description: String {
        "job \(number): \(normal) normal images, \(inspected) to inspect, \(shardSize) a shard, unreadable "
            + "\(unreadable.sorted()), poison \(poison.sorted())\(isDeadly ? " for all" : ""), at most \(mostFailures) failures\(failsFast ? ", failing fast" : ""), "
            + "\(patches)x\(dimension) sums, calibrated: \(isCalibrated)\(calibratesGiven ? " (a given model)" : ""), lots: \(hasLots), in portions of \(portions), "
            + "maps: \(maps), overlays: \(overlays)"
    }
}
