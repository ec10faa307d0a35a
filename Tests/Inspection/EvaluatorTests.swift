import Foundation
import ImageLists
import Imaging
import Inspection
import Journal
import Settings
import Storage
import TestSupport
import Testing

@Suite struct EvaluatorTests {
    @Test(arguments: [MapFormat.png16, .tiff, .npy])
    func aJobIsComparedWithTheTruth(_ maps: MapFormat) throws {
        let job = try FinishedJob(maps: maps)
        var told: [Int] = []
        let evaluation = try Evaluator(job.journal, Truth(ImageList.read([job.truthFile]))).evaluate { done, all in
            told.append(done)
            #expect(all == 11)
        }
        #expect(told == Array(1...11))
        // 0, 3, 6, 9 are anomalous with 15.5 more; 11 is unreadable.
        #expect(evaluation.images == 11 && evaluation.anomalous == 4 && evaluation.skipped == 1)
        #expect(evaluation.ranking.auroc == 1 && evaluation.ranking.bestThreshold == 15.5)
        let confusion = try #require(evaluation.confusion)
        #expect(
            confusion.truePositives == 2 && confusion.falseNegatives == 2 && confusion.falsePositives == 0
                && confusion.trueNegatives == 7)
        let pixels = try #require(evaluation.pixels)
        #expect(pixels.regions == 4 && pixels.images == 11)
        #expect(pixels.ranking.auroc == 1 && pixels.regionOverlap == 1)
        #expect(evaluation.withoutMask == 0)
    }

    /// The threshold that is asked for is looked at, and the job's where none is.
    @Test func oneThresholdIsLookedAt() throws {
        let job = try FinishedJob()
        // 0, 3, 6 and 9 are anomalous; two kinds of defects in two categories.
        let rows = (0..<12).map {
            let label = FinishedJob.isAnomalous($0) ? ($0 < 6 ? "crack" : "bad") : "good"
            return "images/\($0).png,\(FinishedJob.isAnomalous($0) ? 1 : 0),\(label)"
        }
        let truth = try Truth(list(job, "image_path,label_index,label\n" + rows.joined(separator: "\n")))
        let evaluator = Evaluator(job.journal, truth)
        let plain = try #require(try evaluator.evaluate().atThreshold)
        #expect(plain.origin == .job && plain.threshold == 20 && plain.recall == 0.5 && plain.cost == nil)
        let found = try evaluator.evaluate(at: .recall(0.75))
        let at = try #require(found.atThreshold)
        // Scores are 15.5, 18.5, 21.5 and 24.5.
        #expect(at.origin == .recall && at.threshold == 18.5 && at.precision == 1 && at.falseAlarmRate == 0)
        #expect(at.confusion.truePositives == 3 && at.confusion.falseNegatives == 1 && at.categories.isEmpty)
        #expect(at.defects.map(\.name) == ["crack"] && at.defects[0].confusion.truePositives == 1)
        #expect(found.lines.contains { $0.name == "of defect crack" && $0.value == "1 of 2 found" })
        #expect(found.lines.contains { $0.name == "at threshold 18.5" && $0.value.contains("recall 0.75000") })
        #expect(throws: InspectionError.self) { try evaluator.evaluate(at: .recall(2)) }
    }

    /// Lots are named by a column; where they are many the ones with mistakes are told.
    @Test(arguments: [nil, "Charge"] as [String?]) func lotsAreToldApart(_ column: String?) throws {
        let job = try FinishedJob()
        let rows = (0..<12).map { "images/\($0).png,\(FinishedJob.isAnomalous($0) ? 1 : 0), lot \($0 / 4)" }
        let file = try list(job, "image_path,label_index,\(column ?? "lot")\n" + rows.joined(separator: "\n"))
        let names = file.sources.map(\.name)
        let truth = try Truth(ImageList.read(names, lotColumn: column))
        let evaluation = try Evaluator(job.journal, truth).evaluate(at: .threshold(18))
        let lots = try #require(evaluation.atThreshold?.lots)
        // 0 is missed; 3, 6 and 9 are found.
        #expect(lots.map(\.name) == ["lot 0", "lot 1", "lot 2"])
        #expect(lots.map(\.confusion.falseNegatives) == [1, 0, 0] && lots.map(\.confusion.truePositives) == [1, 1, 1])
        #expect(evaluation.lines.contains { $0.name == "of lot lot 0" && $0.value.hasPrefix("1 found, 1 missed") })
        #expect(try ImageList.read(names, lotColumn: column).unusedColumns.isEmpty)
        #expect { try ImageList.read(names, lotColumn: "batch") } throws: { "\($0)".contains("no column 'batch'") }
        let many = (0..<12).map { "images/\($0).png,\(FinishedJob.isAnomalous($0) ? 1 : 0),a\($0)" }
        #expect(
            try Evaluator(job.journal, Truth(list(job, "image_path,label_index,lot\n" + many.joined(separator: "\n"))))
                .evaluate(at: .threshold(18)).lines.count { $0.name.hasPrefix("of lot a") } == 11)
    }

    /// Average precision and the best F1 over pixels are told.
    @Test func pixelsAreToldInWords() throws {
        let job = try FinishedJob()
        let lines = try Evaluator(job.journal, Truth(ImageList.read([job.truthFile]))).evaluate().lines
        #expect(lines.contains { $0.name == "pixel average precision" && $0.value == "1.00000" })
        #expect(lines.contains { $0.name == "pixel best F1" && $0.value.hasPrefix("1.00000 at distance 15.5") })
    }

    /// Shares of regions are floating-point numbers: threads must not change the order in which they are added.
    @Test func theNumberOfThreadsChangesNoBit() throws {
        // Maps of zeros: the shares of all regions are added in one bin.
        let job = try FinishedJob(images: 60, strength: 0)
        let side = FinishedJob.side
        var (text, masks) = ("image_path,label_index,mask_path\n", [Mask]())
        for number in 0..<60 {
            let defective = (0..<side * side).map { $0 < 1 + number % 59 }
            let pixels = defective.flatMap { [UInt8](repeating: $0 ? 255 : 0, count: 3) }
            try DurableFile.write(
                PNGEncoder.encode(RGBImage(width: side, height: side, pixels: pixels)),
                to: job.folder + "/mask\(number).png")
            if FinishedJob.isAnomalous(number) { masks.append(Mask(width: side, height: side, defective: defective)) }
            text += "images/\(number).png,\(FinishedJob.isAnomalous(number) ? "1,mask\(number).png" : "0,")\n"
        }
        let truth = try Truth(list(job, text))
        let alone = try Evaluator(job.journal, truth).evaluate(threads: 1)
        for threads in [2, 3, 8] {
            #expect(try Evaluator(job.journal, truth).evaluate(threads: threads) == alone)
        }
        // The order does matter here.
        let zeros = FloatImage(width: side, height: side, values: [Float](repeating: 0, count: side * side))
        let tallies = try [masks, masks.reversed()].map { masks in
            var tally = PixelTally()
            for mask in masks { try tally.add(zeros, mask) }
            for _ in 0..<39 { try tally.add(zeros, .empty(width: side, height: side)) }
            return tally.metrics()
        }
        #expect(tallies[0] == alone.pixels && tallies[1] != tallies[0])
    }

    /// Of several maps that cannot be read the first is named, whichever thread meets which.
    @Test(arguments: [1, 2, 8]) func theFirstBadMapIsNamed(threads: Int) throws {
        let job = try FinishedJob(images: 40)
        for number in [7, 11, 12, 30] {
            try DurableFile.write([0], to: job.journal.directory.inside("maps/\(number).png"))
        }
        let truth = try Truth(ImageList.read([job.truthFile]))
        #expect { try Evaluator(job.journal, truth).evaluate(threads: threads) } throws: {
            "\($0)".contains("maps/7.png")
        }
    }

    /// A map's format, and so its range, changes no metric.
    @Test(arguments: [1, 11.5, 40, 1e6] as [Float]) func noFormatLosesADistance(_ strength: Float) throws {
        let found = try [MapFormat.png16, .npy].map { maps in
            let job = try FinishedJob(maps: maps, strength: strength)
            let truth = try Truth(ImageList.read([job.truthFile]))
            return try #require(Evaluator(job.journal, truth).evaluate().pixels)
        }
        #expect(abs(found[0].regionOverlap - found[1].regionOverlap) < 1e-3)
        #expect(abs(found[0].ranking.auroc - found[1].ranking.auroc) < 1e-3)
    }

    /// Maps of earlier releases are read in their scale, and refused where it did not hold them.
    @Test func mapsThatWereCutOffAreRefused() throws {
        let whole = try FinishedJob(isEarlier: true)
        let evaluation = try Evaluator(whole.journal, Truth(ImageList.read([whole.truthFile]))).evaluate()
        #expect(evaluation.pixels?.regionOverlap == 1)
        let cut = try FinishedJob(strength: 15, isEarlier: true)
        let evaluator = try Evaluator(cut.journal, Truth(ImageList.read([cut.truthFile])))
        #expect { try evaluator.evaluate() } throws: {
            "\($0)".contains("3 maps are cut off") && "\($0)".contains("maps/3.png") && "\($0)".contains("--no-pixels")
        }
        #expect(try evaluator.evaluate(pixels: false).images == 11)
    }

    /// A program that writes a map anew may drop the text that says its scale.
    @Test func aMapThatLostItsScaleIsNamed() throws {
        let job = try FinishedJob()
        let path = job.journal.directory.inside("maps/4.png")
        try DurableFile.write(pngWithoutText(MappedFile(path: path).withBytes { Array($0) }), to: path)
        let truth = try Truth(ImageList.read([job.truthFile]))
        #expect { try Evaluator(job.journal, truth).evaluate() } throws: {
            "\($0)".contains("maps/4.png says no scale")
        }
    }

    /// A truth whose masks mark nothing has no metrics over pixels, and says why.
    @Test func masksThatMarkNothingAreNamed() throws {
        let job = try FinishedJob()
        let black = RGBImage(width: 32, height: 32, pixels: [UInt8](repeating: 0, count: 3 * 32 * 32))
        try DurableFile.write(PNGEncoder.encode(black), to: job.folder + "/empty.png")
        let rows = (0..<12).map { "images/\($0).png,\(FinishedJob.isAnomalous($0) ? "1,empty.png" : "0,")" }
        let text = "image_path,label_index,mask_path\n" + rows.joined(separator: "\n")
        let evaluation = try Evaluator(job.journal, Truth(list(job, text))).evaluate()
        #expect(evaluation.pixels == nil)
        let notes = evaluation.lines.filter { $0.name == "note" }.map(\.value)
        #expect(notes.contains { $0.contains("4 masks of anomalous images mark no pixel") && $0.contains("empty.png") })
        #expect(notes.contains { $0.contains("no metrics over pixels") })
        // One such mask among others is left out, and the image with it.
        let mixed = try Evaluator(job.journal, Truth(list(job, text.replacing("3.png,1,empty", with: "3.png,1,mask"))))
            .evaluate()
        #expect(mixed.pixels?.images == 8 && mixed.pixels?.regions == 1 && mixed.pixels?.regionOverlap == 1)
        // So is it said where the job has no maps.
        let mapless = try FinishedJob(maps: nil)
        let without = try Evaluator(mapless.journal, Truth(ImageList.read([mapless.truthFile]))).evaluate()
        #expect(without.remarks.contains { $0.contains("the job has no maps") })
    }

    /// Every kind of mask that means the same gives the same metrics; what was understood is said.
    @Test(
        arguments: [
            ("gray.png", nil), ("alpha-black.png", "what is not transparent"),
            ("palette-white.png", "index 0 is not black"),
            ("mask.jpg", "are JPEG"), ("gray-16.png", nil),
        ] as [(String, String?)])
    func remarksOnMasksAreMade(_ mask: String, _ note: String?) throws {
        let job = try FinishedJob()
        let masks = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Imaging/Fixtures/masks").standardizedFileURL.path
        let text = (0..<12).map {
            "images/\($0).png,\(FinishedJob.isAnomalous($0) ? "1,\(masks)/\(mask)" : "0,")"
        }.joined(separator: "\n")
        let evaluation = try Evaluator(job.journal, Truth(list(job, "image_path,label_index,mask_path\n" + text)))
            .evaluate()
        #expect(evaluation.pixels?.regions == 8)
        #expect(evaluation.remarks.count == (note == nil ? 0 : 1))
        if let note { #expect(evaluation.remarks[0].contains("4 masks") && evaluation.remarks[0].contains(note)) }
    }

    @Test func filesThatMovedAreFoundByTheirPath() throws {
        let job = try FinishedJob()
        let other = job.folder + "/elsewhere"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: job.truthFile, toPath: other + "/truth.csv")
        let truth = try Truth(ImageList.read([other + "/truth.csv"]))
        #expect(try Evaluator(job.journal, truth).evaluate(pixels: false).images == 11)
    }

    @Test func missingLabelsAreNamed() throws {
        let job = try FinishedJob()
        #expect {
            _ = try Truth(list(job, "image_path,label_index\nimages/0.png,1\nimages/1.png,\n"))
        } throws: {
            "\($0)".contains("no label for 1 of 2 images") && "\($0)".contains("images/1.png")
        }
        let some = try Truth(list(job, "image_path,label_index\nimages/0.png,1\nimages/1.png,0\n"))
        #expect {
            _ = try Evaluator(job.journal, some).evaluate()
        } throws: {
            "\($0)".contains("does not name 10 of the job's images, such as images/2.png")
        }
        let partial = try Evaluator(job.journal, some).evaluate(allowUnlabelled: true)
        #expect(partial.images == 2 && partial.unlabelled == 10)
    }

    /// Images that the model was fitted on are no test of it.
    @Test func imagesToFitDoNotCount() throws {
        let job = try FinishedJob()
        let rows = (0..<12).map {
            "images/\($0).png,\($0 % 3 == 0 ? "1,mask.png" : "0,"),\($0 % 2 == 0 ? "test" : "Train")"
        }
        let all = try list(job, (["image_path,label_index,mask_path,split"] + rows).joined(separator: "\n"))
        let evaluation = try Evaluator(job.journal, Truth(all)).evaluate()
        #expect(evaluation.images == 6 && evaluation.anomalous == 2 && evaluation.ofOtherSplits == 6)
        #expect(evaluation.pixels?.images == 6 && evaluation.unlabelled == 0)
        #expect(evaluation.lines.contains { $0.value.contains("6 images of a split that is not evaluated") })
        let whole = try Evaluator(job.journal, Truth(all, split: .all)).evaluate()
        #expect(whole.images == 11 && whole.skipped == 1 && whole.ofOtherSplits == 0 && whole.pixels?.images == 11)
        let fitted = try Evaluator(job.journal, Truth(all, split: .toFit)).evaluate()
        #expect(fitted.images == 5 && fitted.skipped == 1 && fitted.ofOtherSplits == 6)
        // Those to fit need no label.
        let some = try list(
            job, "image_path,label,split\nimages/0.png,bad,test\nimages/1.png,good,test\nimages/2.png,,train\n")
        #expect(try Evaluator(job.journal, Truth(some)).evaluate(allowUnlabelled: true).images == 2)
        let none = try list(
            job,
            rows.reduce("image_path,label_index,mask_path,split\n") { $0 + $1.replacing("test", with: "train") + "\n" })
        #expect { try Evaluator(job.journal, Truth(none)).evaluate() } throws: {
            "\($0)".contains("all 12 images are of a split")
        }
    }

    @Test func halfOfTheFilesMayHaveMoved() throws {
        let job = try FinishedJob()
        let other = job.folder + "/elsewhere"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
        try DurableFile.write("image_path,label_index\nimages/0.png,1\n".utf8, to: job.folder + "/here.csv")
        try DurableFile.write("image_path,label_index\nimages/1.png,0\nimages/3.png,1\n".utf8, to: other + "/there.csv")
        let truth = try Truth(ImageList.read([job.folder + "/here.csv", other + "/there.csv"]))
        let evaluation = try Evaluator(job.journal, truth).evaluate(allowUnlabelled: true)
        #expect(evaluation.images == 3 && evaluation.anomalous == 2)
    }

    /// The names of one folder's images are those of another's as well.
    @Test func aPathThatTwoImagesShareSaysNothingOfThem() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let journal = try Journal.open(JobDirectory(folder), job: JobRecord(kind: .inspect, settings: [:], lists: [:]))
        let records = ["a", "b"].flatMap { place in
            ["x.png", "y.png", "é.png", "e\u{301}.png"].map {
                ImageRecord(path: $0, location: .file("/\(place)/\($0)"), output: $0)
            }
        }
        try journal.register(records, role: .inspect, shardSize: 8)
        try journal.commitResults(
            shard: journal.shards(.inspect)[0].id, role: .inspect,
            results: journal.images(ofShard: journal.shards(.inspect)[0].id).map {
                ImageResult(image: $0.id, score: Float($0.id.rawValue), maxRow: 0, maxColumn: 0)
            })
        func truth(_ folder: String, _ text: String) throws -> Truth {
            let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".csv").path
            defer { unlink(path) }
            let rows = text.split(separator: "\n").map { "\(folder)/\($0)" }.joined(separator: "\n")
            try DurableFile.write("image_path,label_index\n\(rows)\n".utf8, to: path)
            return try Truth(ImageList.read([path]))
        }
        // Those of one folder are known; of the other nothing is, and accents are composed as they are.
        let some = try truth("/a", "x.png,1\ny.png,0\né.png,0\ne\u{301}.png,1")
        #expect { try Evaluator(journal, some).evaluate() } throws: { "\($0)".contains("does not name 4 of") }
        let evaluation = try Evaluator(journal, some).evaluate(allowUnlabelled: true)
        #expect(evaluation.images == 4 && evaluation.anomalous == 2)
        // Where all were moved, a path that two of them share could mean either.
        #expect { try Evaluator(journal, truth("", "x.png,1\ny.png,0")).evaluate() } throws: {
            "\($0)".contains("names none of the job's 8 images")
        }
    }

    @Test func anImageWithTwoLabelsIsRefused() throws {
        let job = try FinishedJob()
        let text = "image_path,label_index\nimages/1.png,0\nimages/0.png,1\nimages/1.png,1\n"
        #expect { _ = try Truth(list(job, text)) } throws: {
            "\($0)".contains("two labels for images/1.png") && "\($0)".contains("csv:2") && "\($0)".contains("csv:4")
        }
        #expect(try Truth(list(job, text.replacing("1.png,1", with: "1.png,0"))).count == 2)
    }

    @Test(arguments: [
        ("image_path,label_index\nimages/1.png,0\nimages/2.png,0\n", "none is anomalous"),
        ("image_path,label_index\nother.png,0\n", "names none of the job's 12 images"),
        ("image_path,label_index\nimages/11.png,0\n", "no labelled image has a score"),
    ])
    func metricsThatAreNotDefinedAreExplained(_ text: String, _ expected: String) throws {
        let job = try FinishedJob()
        let truth = try Truth(list(job, text))
        #expect {
            _ = try Evaluator(job.journal, truth).evaluate(allowUnlabelled: true)
        } throws: {
            "\($0)".contains(expected)
        }
    }

    @Test func aMissingMapIsNamed() throws {
        let job = try FinishedJob()
        try FileManager.default.removeItem(atPath: job.journal.directory.inside("maps/4.png"))
        let truth = try Truth(ImageList.read([job.truthFile]))
        #expect { _ = try Evaluator(job.journal, truth).evaluate() } throws: { "\($0)".contains("maps/4.png") }
    }

    @Test func masksFollowTheImagesGeometry() throws {
        let mask = Mask(
            width: 20, height: 40, defective: (0..<800).map { $0 / 20 >= 20 && $0 % 20 < 10 })
        func lay(_ geometry: MapGeometry, over map: (Int, Int), image: (Int, Int)? = nil) throws -> Mask {
            try MaskPlacement(geometry, isOriginal: false).lay(mask, named: "mask", over: map) { image }
        }
        let whole = try lay(MapGeometry(), over: (10, 10))
        #expect(whole.defective == (0..<100).map { $0 / 10 >= 5 && $0 % 10 < 5 })
        // 20 x 40 becomes 10 x 20, and its middle 8 x 8 begins at row 6, column 1.
        let cropped = try lay(MapGeometry(resize: 10, crop: 8), over: (8, 8))
        #expect(cropped.defective == (0..<64).map { $0 / 8 + 6 >= 10 && $0 % 8 + 1 < 5 })
        // It has the map's size, and nothing is known of the image's.
        #expect(try lay(MapGeometry(resize: 10, crop: 8), over: (20, 40)) == mask)
    }

    @Test func aMaskThatWouldBeScaledBeyondAllMeasureIsRefused() {
        let line = Mask(width: 1, height: 60_000, defective: [Bool](repeating: true, count: 60_000))
        #expect(throws: InspectionError.self) { try MapGeometry(resize: 4_096, crop: 8).input(of: line, over: (8, 8)) }
    }

    private func list(_ job: FinishedJob, _ text: String) throws -> ImageList {
        let path = job.folder + "/\(UUID().uuidString).csv"
        try DurableFile.write(text.utf8, to: path)
        return try ImageList.read([path])
    }
}
