import Foundation
import ImageLists
import Imaging
import Inspection
import Journal
import Settings
import Storage
import TestSupport
import Testing
import Thresholds

@Suite struct FlaggingTests {
    static let all = Flagging.Products(overlays: .flagged, masks: true, regions: true)

    /// A finished job with its images, twice as large as their maps.
    private func job(maps: MapFormat = .png16) throws -> FinishedJob {
        let job = try FinishedJob(maps: maps)
        try job.writeImages()
        return job
    }

    private func rows(_ path: String) throws -> [[String]] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst().map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    private func files(_ job: FinishedJob, _ folder: String) -> [String] {
        let found = FileManager.default.subpaths(atPath: job.journal.directory.inside(folder)) ?? []
        return found.filter { $0.hasSuffix(".png") }.sorted()
    }

    /// The report's settings are those that the present threshold was chosen by.
    @Test func theReportHasThePresentThresholdsSettings() throws {
        let job = try job()
        let report = { try String(contentsOfFile: job.journal.directory.report, encoding: .utf8) }
        let scores = try CalibrationScores((1...100).map(Float.init))
        let choice = try ThresholdChoice(byImage: scores, rate: FalseAlarmRate("10%"))
        try Flagging.run(job.journal, threshold: choice.chosen.flagging, foundBy: choice)
        #expect(try report().contains(#"["false-alarm-rate","10%"]"#))
        #expect(try !report().contains(#"["threshold","#))
        #expect(try job.journal.flagged(.inspect) == 0)
        try Flagging.run(job.journal, threshold: Threshold(15.5))
        #expect(try report().contains(#"["threshold","15.5"]"#))
        #expect(try !report().contains(#"["false-alarm-rate","#))
        #expect(try job.journal.flagged(.inspect) == 4)
    }

    /// Scores are 15.5, 1, 2, 18.5, 4, 5, 21.5, 7, 8, 24.5, 10.
    @Test(arguments: [MapFormat.png16, .tiff, .npy]) func imagesAreFlaggedAnew(_ maps: MapFormat) throws {
        let job = try job(maps: maps)
        let directory = job.journal.directory
        let outcome = try Flagging.run(job.journal, threshold: Threshold(15.5), products: Self.all)
        #expect(outcome.images == 11 && outcome.flagged == 4 && outcome.remarks.isEmpty)
        #expect(outcome.regions == 4 && outcome.masks == 4 && outcome.overlays == 4)
        #expect(try job.journal.value(.threshold) == 15.5)
        let table = try rows(directory.results)
        #expect(table.map { $0[5] }.joined(separator: ",") == "1,0,0,1,0,0,1,0,0,1,0,")
        #expect(table.map { $0[$0.count - 4] } == [String](repeating: "15.5", count: 11) + [""])
        // The corner of 4 x 4 in the map is one of 8 x 8 in the image.
        let regions = try rows(directory.inside("regions.csv"))
        #expect(regions.map { $0[0] } == [0, 3, 6, 9].map { "images/\($0).png" })
        #expect(
            regions[1] == [
                "images/3.png", "1", "0", "0", "8", "8", "64", "18.5", "1", "1", "\(job.folder)/images/3.png", "18.5",
                "3.50", "3.50", "",
            ])
        let names = [0, 3, 6, 9].map { "images/\($0).png" }
        #expect(files(job, "masks") == names && files(job, "overlays") == names)
        let mask = try Mask.decode(.file(directory.inside("masks/images/3.png"))).mask
        #expect(mask == FinishedJob.mask.resized(width: 32, height: 32))
        #expect(try String(contentsOfFile: directory.report, encoding: .utf8).contains("overlays/images/3.png"))
    }

    /// The map's corner of 4 x 4 is one of 64 pixels in the image.
    @Test func smallRegionsAreLeftOut() throws {
        let job = try job()
        func flag(_ rules: RegionRules) throws -> Flagging.Outcome {
            try Flagging.run(
                job.journal, threshold: Threshold(15.5),
                products: .init(masks: true, regions: true, coco: true, rules: rules))
        }
        let every = try flag(.init(millimetresPerPixel: 0.1, minimumArea: .pixels(64)))
        #expect(every.regions == 4 && every.remarks.isEmpty)
        #expect(try rows(job.journal.directory.inside("regions.csv")).map(\.last) == ["0.64", "0.64", "0.64", "0.64"])
        #expect(try flag(.init(millimetresPerPixel: 0.1, minimumArea: .squareMillimetres(0.64))).regions == 4)
        for rules in [
            RegionRules(minimumArea: .pixels(65)),
            RegionRules(millimetresPerPixel: 0.1, minimumArea: .squareMillimetres(0.641)),
        ] {
            let none = try flag(rules)
            #expect(none.regions == 0 && none.flagged == 4 && none.masks == 4)
            #expect(none.remarks.count == 1 && none.remarks[0].hasPrefix("4 regions are smaller"))
            let mask = try Mask.decode(.file(job.journal.directory.inside("masks/images/3.png"))).mask
            #expect(!mask.defective.contains(true))
        }
        for wrong in [
            RegionRules(millimetresPerPixel: 0), RegionRules(millimetresPerPixel: .infinity),
            RegionRules(millimetresPerPixel: .nan), RegionRules(millimetresPerPixel: 1e-200),
            RegionRules(minimumArea: .pixels(0)),
            RegionRules(minimumArea: .squareMillimetres(1)),
            RegionRules(millimetresPerPixel: 1, minimumArea: .squareMillimetres(-1)),
        ] {
            #expect(throws: InspectionError.self) { try flag(wrong) }
        }
    }

    /// Images of 32 x 32 whose map is high in the corner of 8 x 8; of it only the right half counts.
    @Test(arguments: [MapFormat.png16, .npy]) func whatDoesNotCountIsInNoRegion(_ maps: MapFormat) throws {
        let job = try job(maps: maps)
        let counts = (0..<32 * 32).map { $0 % 32 >= 4 }
        let region = try #require(RegionOfInterest(width: 32, height: 32, counts: counts))
        try job.journal.keep(region)
        try Flagging.run(job.journal, threshold: Threshold(15.5), products: Self.all)
        let regions = try rows(job.journal.directory.inside("regions.csv"))
        #expect(regions.map { Array($0[2...6]) } == [[String]](repeating: ["4", "0", "4", "8", "32"], count: 4))
        let mask = try Mask.decode(.file(job.journal.directory.inside("masks/images/3.png"))).mask
        #expect(mask.defective.indices.allSatisfy { counts[$0] || !mask.defective[$0] })
        let overlay = try ImageDecoder.decode(file: job.journal.directory.inside("overlays/images/3.png"))
        let image = try ImageDecoder.decode(file: job.folder + "/images/3.png")
        let small = try image.resized(width: 16, height: 16)
        for pixel in 0..<16 * 16 where pixel % 16 < 2 {
            #expect(overlay.pixels[3 * pixel] == UInt8((Int(small.pixels[3 * pixel]) + 1) / 2))
        }
        // A threshold that every pixel reaches.
        try Flagging.run(job.journal, threshold: Threshold(0), products: .init(regions: true))
        let every = try rows(job.journal.directory.inside("regions.csv"))
        #expect(every.count == 11 && every.allSatisfy { Array($0[2...6]) == ["4", "0", "28", "32", "896"] })
        // Without a region all counts again.
        try job.journal.keep(nil)
        try Flagging.run(job.journal, threshold: Threshold(0), products: .init(regions: true))
        #expect(try rows(job.journal.directory.inside("regions.csv")).allSatisfy { $0[6] == "1024" })
    }

    @Test func regionsAreWrittenForCOCO() throws {
        let job = try job()
        let place = job.journal.directory.inside("coco.json")
        let rules = RegionRules(millimetresPerPixel: 0.5)
        try Flagging.run(
            job.journal, threshold: Threshold(15.5), products: .init(coco: true, rules: rules))
        let file = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: place)))
        let coco = try #require(file as? [String: Any])
        let images = try #require(coco["images"] as? [[String: Any]])
        #expect(images.map { $0["file_name"] as? String } == [0, 3, 6, 9].map { "images/\($0).png" })
        #expect(images.allSatisfy { $0["width"] as? Int == 32 && $0["height"] as? Int == 32 })
        #expect((coco["categories"] as? [[String: Any]])?.first?["id"] as? Int == 1)
        let annotations = try #require(coco["annotations"] as? [[String: Any]])
        #expect(annotations.map { $0["image_id"] as? Int } == images.map { $0["id"] as? Int })
        #expect(annotations.map { $0["id"] as? Int } == [1, 2, 3, 4])
        let second = annotations[1]
        #expect(second["bbox"] as? [Int] == [0, 0, 8, 8] && second["area"] as? Int == 64)
        #expect(second["area_mm2"] as? Double == 16 && second["score"] as? Double == 18.5)
        #expect(second["category_id"] as? Int == 1 && second["iscrowd"] as? Int == 0)
        let segmentation = try #require(second["segmentation"] as? [String: Any])
        #expect(segmentation["size"] as? [Int] == [32, 32])
        let eight = [0] + (0..<7).flatMap { _ in [8, 24] } + [8, 24 * 32 + 24]
        #expect(segmentation["counts"] as? [Int] == eight)
        // Another threshold removes it unless it is asked for again.
        try Flagging.run(job.journal, threshold: Threshold(16))
        #expect(!FileManager.default.fileExists(atPath: place))
    }

    /// A lower threshold flags more; what belongs to the former is gone, and overlays stay unless they are asked for.
    @Test func anotherThresholdReplacesThePrevious() throws {
        let job = try job()
        try Flagging.run(job.journal, threshold: Threshold(15.5), products: Self.all)
        let plain = try Flagging.run(job.journal, threshold: Threshold(20))
        #expect(plain.flagged == 2 && plain.masks == 0)
        #expect(files(job, "masks").isEmpty && files(job, "overlays").count == 4)
        #expect(!FileManager.default.fileExists(atPath: job.journal.directory.inside("regions.csv")))
        let fewer = try Flagging.run(job.journal, threshold: Threshold(20), products: .init(overlays: .flagged))
        #expect(fewer.overlays == 2 && files(job, "overlays") == ["images/6.png", "images/9.png"])
        let every = try Flagging.run(job.journal, threshold: Threshold(1000), products: .init(overlays: .all))
        #expect(every.flagged == 0 && every.overlays == 11)
    }

    /// Where the model is calibrated overlays that are made again have the threshold in the middle of their colours; those that stay keep
    /// their scale, and legend and report say it.
    @Test func coloursFollowTheThresholdOfOverlaysThatAreMade() throws {
        let job = try job()
        let directory = job.journal.directory
        let before = MapScaling(typical: 5, normal: NormalDistances(usual: 6, highest: 12), threshold: 20)
        try job.journal.set(.mapScaling, to: before)
        try Flagging.run(job.journal, threshold: Threshold(15.5))
        #expect(try job.journal.value(.mapScaling) == before)
        #expect(!FileManager.default.fileExists(atPath: directory.inside(JobLayout.legend)))
        try Flagging.run(job.journal, threshold: Threshold(15.5), products: .init(overlays: .flagged))
        let after = try #require(try job.journal.value(.mapScaling))
        #expect((after.firstColor, after.lastColor) == (6, 25) && after.exponent == before.exponent)
        let legend = try String(contentsOfFile: directory.inside(JobLayout.legend), encoding: .utf8)
        #expect(legend.contains(">threshold 15.5<") && legend.contains(">25<"))
        let contents = try ReportContents(ofPage: directory.report)
        #expect(contents.threshold == 15.5 && contents.scale.usual == 6)
    }

    /// An inspection that keeps flagged images' maps has none of those that a lower threshold flags.
    @Test func imagesWithoutMapsAreSaid() throws {
        let job = try job()
        try job.journal.forgetMapsOfUnflagged(.inspect)
        let outcome = try Flagging.run(job.journal, threshold: Threshold(15.5), products: Self.all)
        #expect(outcome.flagged == 4 && outcome.overlays == 2 && outcome.masks == 2 && outcome.regions == 2)
        #expect(outcome.remarks.count == 1 && outcome.remarks[0].hasPrefix("2 images have no overlay"))
        let truth = try Truth(ImageList.read([job.truthFile]))
        let evaluation = try Evaluator(job.journal, truth).evaluate()
        #expect(evaluation.pixels == nil && evaluation.confusion != nil)
        #expect(evaluation.remarks.contains { $0.contains("9 of 11 images have no map") })
    }

    @Test func threadsChangeNoByte() throws {
        let contents = try [1, 5].map { threads in
            let job = try job()
            try Flagging.run(job.journal, threshold: Threshold(3), products: Self.all, threads: threads)
            return try
                (["regions.csv"]
                + ["masks", "overlays"].flatMap { folder in files(job, folder).map { "\(folder)/\($0)" } })
                .map {
                    try String(contentsOfFile: job.journal.directory.inside($0), encoding: .isoLatin1).replacing(
                        job.folder, with: "")
                }
        }
        #expect(contents[0].count > 5 && contents[0] == contents[1])
    }

    /// A score that its map's file rounds down reaches its own threshold there all the same.
    @Test(arguments: [Float(15.5).nextUp, 33.15019, 1.0 / 3, 1234.567] as [Float]) func roundedMapsReachTheirThreshold(
        _ score: Float
    ) throws {
        let map = FloatImage(width: 3, height: 1, values: [0, score, score / 2])
        for scale in [MapScale(holding: score * 16), MapScale(holding: score * 1000)] {
            let folder = try TemporaryFolder()
            let stored = try MapFormat.decode(file: folder.file("map.png", MapFormat.png16.encode(map, scale: scale)))
            #expect(MapRegions.find(in: stored.map, atLeast: stored.rounded(Threshold(score))).map(\.area) == [1])
        }
    }

    @Test func whatCannotBeReadIsSaid() throws {
        let job = try job()
        try FileManager.default.removeItem(atPath: job.folder + "/images/3.png")
        let outcome = try Flagging.run(job.journal, threshold: Threshold(15.5), products: Self.all)
        #expect(outcome.flagged == 4 && outcome.regions == 3 && outcome.overlays == 3)
        #expect(outcome.remarks.count == 1 && outcome.remarks[0].contains("images/3.png"))
        try FileManager.default.removeItem(atPath: job.journal.directory.inside("maps/6.png"))
        #expect { try Flagging.run(job.journal, threshold: Threshold(15.5), products: Self.all) } throws: {
            "\($0)".contains("maps/6.png")
        }
    }

    @Test func whatCannotBeFlaggedIsRefused() throws {
        let job = try job()
        #expect(throws: InspectionError.self) { try Flagging.run(job.journal, threshold: Threshold(.nan)) }
        try job.journal.set(.phase, to: .inspecting)
        #expect { try Flagging.run(job.journal, threshold: Threshold(15.5)) } throws: {
            "\($0)".contains("not finished")
        }
        #expect(try job.journal.value(.threshold) == 20)
    }
}
