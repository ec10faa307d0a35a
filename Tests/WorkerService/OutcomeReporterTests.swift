import Cluster
import Foundation
import Gaussian
import Imaging
import PaDiM
import Settings
import Storage
import Testing
import TestSupport
import WorkerService

@Suite struct OutcomeReporterTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder["job"], withIntermediateDirectories: true)
        try DurableFile.write(Array("1".utf8), to: folder["job/probe"])
    }

    private func reporter(
        size: MapSize = .input, opacity: Int = InspectionSettings.usualOpacity
    ) throws -> OutcomeReporter {
        let order = InspectionOrder(
            settings: InspectionSettings(
                scoring: ScoreSettings(blurBorder: .mirror, mapSize: size), overlays: .all,
                overlayOpacity: opacity, threshold: 2),
            mapScaleExponent: 8, firstColor: 1, lastColor: 4, directory: folder["job"], probe: "probe",
            probeValue: "1")
        let space = try FeatureSpace(
            backbone: "resnet18", weights: Digest(of: [1]), layers: ["layer1"], channels: [0],
            input: InputSettings(height: 8, width: 8), gridHeight: 2, gridWidth: 2,
            grid: FixedPointGrid(exponent: 9, layerChannels: [1], kept: [0]))
        return try OutcomeReporter(order: order, space: space)
    }

    private let scored = ScoredImage(
        score: 3, maxRow: 0, maxColumn: 0, imageRow: 1, imageColumn: 2,
        map: FloatImage(width: 8, height: 8, values: [Float](repeating: 3, count: 64)),
        originalWidth: 8, originalHeight: 8)

    private func write(side: Int) throws -> String {
        let pixels = [UInt8](repeating: 90, count: 3 * side * side)
        return try folder.file("a.png", PNGEncoder.encode(RGBImage(width: side, height: side, pixels: pixels)))
    }

    @Test func anImageHasItsMapAndOverlay() throws {
        let task = ImageTask(id: 7, location: .file(try write(side: 8)), output: "a")
        let (outcome, artifacts) = try reporter().outcome(of: scored, task, under: 9) { _, _, _ in }
        #expect(
            outcome
                == ImageOutcome(id: 7, score: 3, maxRow: 0, maxColumn: 0, imageRow: 1, imageColumn: 2, flagged: true))
        #expect(artifacts.sent == 0 && artifacts.written == 2)
        for place in ["job/maps/a.png.9", "job/overlays/a.png.9"] {
            #expect(FileManager.default.fileExists(atPath: folder[place]))
        }
    }

    /// The image is gray of 90; its map has the colour of (3 - 1) / (4 - 1) everywhere.
    @Test(arguments: [50, 10, 100]) func anOverlayHasTheOpacityAskedFor(opacity: Int) throws {
        let task = ImageTask(id: 7, location: .file(try write(side: 8)), output: "a")
        _ = try reporter(opacity: opacity).outcome(of: scored, task, under: 9) { _, _, _ in }
        let overlay = try ImageDecoder.decode(file: folder["job/overlays/a.png.9"])
        let (red, green, blue) = ColorMap.inferno.color(at: 2.0 / 3)
        let share = Double(opacity) / 100
        for (found, color) in zip(overlay.pixels, [red, green, blue]) {
            #expect(abs(Double(found) - (90 * (1 - share) + Double(color) * share)) <= 1)
        }
    }

    /// It is read once more for its overlay: what is wrong with it then is its own fault, and no other image is touched.
    @Test(arguments: ["gone", "torn", "of another size"])
    func anImageThatChangedFailsAlone(how: String) throws {
        let file = try write(side: 8)
        switch how {
        case "gone": unlink(file)
        case "torn":
            _ = try folder.file(
                "a.png", PNGEncoder.encode(RGBImage(width: 1, height: 1, pixels: [1, 2, 3])).prefix(40))
        default: _ = try write(side: 9)
        }
        let (outcome, artifacts) = try reporter(size: .original).outcome(
            of: scored, ImageTask(id: 7, location: .file(file), output: "a"), under: 9
        ) { _, _, _ in }
        let reason = try #require(outcome.failure)
        #expect(reason.hasPrefix("no overlay, on reading the image again: ") && outcome.score == nil)
        #expect(artifacts.sent == 0 && artifacts.written == 0)
        #expect(!FileManager.default.fileExists(atPath: folder["job/maps/a.png.9"]))
    }

    /// What the coordinator orders is looked at before the first image.
    @Test(arguments: [(99, 1, 4), (8, 4, 1), (8, 1, .infinity), (8, .nan, 4)] as [(Int, Float, Float)])
    func ordersThatMakeNoSenseAreRefused(exponent: Int, first: Float, last: Float) throws {
        let order = InspectionOrder(
            settings: InspectionSettings(scoring: ScoreSettings(blurBorder: .mirror), overlays: .all),
            mapScaleExponent: exponent, firstColor: first, lastColor: last, directory: folder["job"],
            probe: "probe", probeValue: "1")
        let space = try FeatureSpace(
            backbone: "resnet18", weights: Digest(of: [1]), layers: ["layer1"], channels: [0],
            input: InputSettings(height: 8, width: 8), gridHeight: 2, gridWidth: 2,
            grid: FixedPointGrid(exponent: 9, layerChannels: [1], kept: [0]))
        #expect(throws: (any Error).self) { try OutcomeReporter(order: order, space: space) }
    }
}
