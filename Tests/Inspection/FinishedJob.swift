import Foundation
import Imaging
import Inspection
import Journal
import Settings
import Storage
import TestSupport
import Thresholds

/// A finished inspection of small made-up images, with maps and masks, in a folder that goes away with the test.
final class FinishedJob {
    static let side = 16
    let folder: String
    let journal: Journal
    private let count: Int
    private let scores: (@Sendable (Int) -> Float)?
    private let strength: Float
    private let isEarlier: Bool
    /// The truth as a CSV list beside the images.
    var truthFile: String { folder + "/truth.csv" }

    /// - Parameters:
    ///   - count: images; every third is anomalous, and every image but the last has a score.
    ///   - threshold: of the job.
    ///   - strength: what the maps are multiplied with.
    ///   - scores: of the images, where they are not the usual ones.
    ///   - isEarlier: maps are as a release wrote them that had one scale for all, and cut off what that does not hold.
    init(
        images count: Int = 12, threshold: Float? = 20, maps: MapFormat? = .png16, strength: Float = 1,
        isEarlier: Bool = false, scores: (@Sendable (Int) -> Float)? = nil
    ) throws {
        (self.count, self.strength, self.isEarlier, self.scores) = (count, strength, isEarlier, scores)
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: folder + "/images", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: folder + "/job/maps", withIntermediateDirectories: true)
        journal = try Journal.open(
            JobDirectory(folder + "/job"),
            job: JobRecord(
                kind: .inspect, settings: ["maps": "png16"], lists: [.inspect: Digest(of: [7])]))
        let records = (0..<count).map {
            ImageRecord(path: "images/\($0).png", location: .file(folder + "/images/\($0).png"), output: "images/\($0)")
        }
        try journal.register(
            records, role: .inspect,
            shards: stride(from: 0, to: count, by: 5).map { NewShard(images: min(5, count - $0)) },
            sources: [.init(name: "list.csv", images: count - 1), .init(name: "more images", images: 1)])
        if let threshold { try journal.set(.threshold, to: threshold) }
        if !isEarlier { try journal.set(.mapScaling, to: MapScaling(typical: 5, threshold: threshold)) }
        for shard in try journal.shards(.inspect) {
            let results = try journal.images(ofShard: shard.id).map { try result($0, count, threshold, maps) }
            try journal.commitResults(shard: shard.id, role: .inspect, results: results)
        }
        try journal.set(.phase, to: .done)
        try writeTruth(count)
    }

    /// Writes the images themselves, twice as large as their maps.
    func writeImages() throws {
        for number in 0..<count {
            let pixels = (0..<3 * 32 * 32).map { UInt8(truncatingIfNeeded: $0 * (number + 1)) }
            try DurableFile.write(
                PNGEncoder.encode(RGBImage(width: 32, height: 32, pixels: pixels)),
                to: folder + "/images/\(number).png")
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static func isAnomalous(_ number: Int) -> Bool { number % 3 == 0 }

    /// A square in the corner.
    static let mask = Mask(
        width: side, height: side, defective: (0..<side * side).map { $0 % side < 4 && $0 / side < 4 })

    private func result(
        _ image: JobImage, _ count: Int, _ threshold: Float?, _ maps: MapFormat?
    ) throws -> ImageResult {
        let number = Int(image.id.rawValue) - 1
        if number == count - 1 {
            return ImageResult(unreadable: ImageFailure(id: image.id, reason: "not an image, really"))
        }
        let score = scores?(number) ?? Float(number) + (Self.isAnomalous(number) ? 15.5 : 0)
        var path: String?
        if let maps {
            var values = Self.mask.defective.map { Self.isAnomalous(number) && $0 ? score : Float(number) / 2 }
            values = values.map { isEarlier ? min($0 * strength, 65_535 / 256) : $0 * strength }
            let map = FloatImage(width: Self.side, height: Self.side, values: values)
            let file = "maps/\(number).\(maps.fileExtension)"
            let bytes = try maps.encode(map)
            try DurableFile.write(isEarlier ? pngWithoutText(bytes) : bytes, to: journal.directory.inside(file))
            path = file
        }
        return ImageResult(
            image: image.id, score: score, maxRow: 1, maxColumn: 2, imageRow: 2, imageColumn: 5,
            flagged: threshold.map { Threshold($0).flags(score) }, mapPath: path)
    }

    private func writeTruth(_ count: Int) throws {
        let black = [UInt8](repeating: 0, count: 3)
        let white = [UInt8](repeating: 255, count: 3)
        // Twice the map's size: the evaluation has to bring it down.
        let large = Self.mask.resized(width: 2 * Self.side, height: 2 * Self.side)
        let pixels = large.defective.flatMap { $0 ? white : black }
        let image = RGBImage(width: large.width, height: large.height, pixels: pixels)
        try DurableFile.write(PNGEncoder.encode(image), to: folder + "/mask.png")
        var text = "image_path,label_index,mask_path\n"
        for number in 0..<count {
            text += "images/\(number).png,\(Self.isAnomalous(number) ? "1,mask.png" : "0,")\n"
        }
        try DurableFile.write(text.utf8, to: truthFile)
    }
}
