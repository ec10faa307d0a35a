import Foundation
import ImageLists
import Imaging
import Inspection
import Storage
import TestSupport
import Testing

/// Metrics by category and by kind of defect, and masks of several files.
@Suite struct CategoryTests {
    private static let images = 36

    /// Images of "cap" and "nut", which take turns, with two kinds of defects; the last image of the job has no score.
    private func rows(_ isMeant: (Int) -> Bool = { _ in true }) -> String {
        let rows = (0..<Self.images).filter(isMeant).map { number in
            let isAnomalous = FinishedJob.isAnomalous(number)
            return [
                "images/\(number).png", isAnomalous ? "1" : "0",
                isAnomalous ? (number % 4 < 2 ? "dent" : "scratch") : "good",
                isAnomalous ? "mask.png" : "", category(number),
            ].joined(separator: ",")
        }
        return "image_path,label_index,label,mask_path,category\n" + rows.joined(separator: "\n") + "\n"
    }

    private func category(_ number: Int) -> String { number.isMultiple(of: 2) ? "cap" : "nut" }

    private func evaluation(_ job: FinishedJob, _ text: String) throws -> Evaluation {
        let file = job.folder + "/list.csv"
        try DurableFile.write(text.utf8, to: file)
        return try Evaluator(job.journal, Truth(ImageList.read([file]))).evaluate(allowUnlabelled: true)
    }

    /// Scores that overlap, and maps with ties and a mask that only some of them follow.
    private func job() throws -> FinishedJob { try FinishedJob(images: Self.images, maps: .npy) }

    @Test func aCategoryIsEvaluatedAsIfItWereAlone() throws {
        let job = try job()
        let all = try evaluation(job, rows())
        #expect(all.categories.map(\.name) == ["cap", "nut"])
        for part in all.categories {
            let alone = try evaluation(job, rows { category($0) == part.name })
            #expect(part.images == alone.images && part.anomalous == alone.anomalous)
            #expect(part.ranking == alone.ranking && part.ranking != nil)
            #expect(part.pixels == alone.pixels && part.pixels != nil)
            #expect(alone.categories.count == 1 && alone.categories[0].pixels == alone.pixels)
        }
        #expect(all.categories.reduce(0) { $0 + $1.images } == all.images)
        #expect(all.categories.compactMap(\.pixels?.regions).reduce(0, +) == all.pixels?.regions)
        let means = try #require(all.categoryMeans)
        func mean(_ value: (CategoryEvaluation) -> Double?) -> Double {
            all.categories.compactMap(value).reduce(0, +) / 2
        }
        #expect(means.categories == 2 && means.imageAUROC == mean(\.ranking?.auroc))
        #expect(
            means.pixelAUROC == mean(\.pixels?.ranking.auroc) && means.regionOverlap == mean(\.pixels?.regionOverlap))
        #expect(all.lines.contains { $0.name == "category nut" && $0.value.contains("AUPRO") })
        #expect(all.lines.contains { $0.name == "mean of 2 categories" })
    }

    /// Each kind is compared with the normal images of its own category.
    @Test func aKindOfDefectIsEvaluatedAmongTheNormalImages() throws {
        let job = try job()
        let all = try evaluation(job, rows())
        #expect(
            all.defects.map { "\($0.category ?? "")/\($0.name)" } == [
                "cap/dent", "cap/scratch", "nut/dent", "nut/scratch",
            ])
        for part in all.defects {
            let alone = try evaluation(
                job,
                rows { number in
                    guard category(number) == part.category else { return false }
                    return !FinishedJob.isAnomalous(number) || (number % 4 < 2 ? "dent" : "scratch") == part.name
                })
            #expect(part.ranking == alone.ranking && part.ranking != nil && part.images == alone.anomalous)
        }
        #expect(all.defects.reduce(0) { $0 + $1.images } == all.anomalous)
        #expect(all.lines.contains { $0.name == "defect cap/scratch" })
    }

    /// A category may have no defects: it has no metrics, and the means are over the others.
    @Test func aCategoryWithoutDefectsHasNoMetrics() throws {
        let job = try job()
        let text = rows { category($0) == "cap" || !FinishedJob.isAnomalous($0) }
        let all = try evaluation(job, text)
        #expect(
            all.categories[1].ranking == nil && all.categories[1].pixels == nil && all.categoryMeans?.categories == 1)
        #expect(all.categoryMeans?.imageAUROC == all.categories[0].ranking?.auroc)
        #expect(all.categoryMeans?.pixelAUROC == all.categories[0].pixels?.ranking.auroc)
    }

    /// So many have no pixels told apart, which would take much memory; all else is as ever.
    @Test func veryManyCategoriesAreNotToldApartByPixels() throws {
        let job = try FinishedJob(images: 300)
        var text = "image_path,label_index,mask_path,category\n"
        for number in 0..<300 {
            let isAnomalous = FinishedJob.isAnomalous(number)
            text += "images/\(number).png,\(isAnomalous ? 1 : 0),\(isAnomalous ? "mask.png" : ""),c\(number / 2)\n"
        }
        let all = try evaluation(job, text)
        #expect(all.pixels != nil && all.categories.count == 150 && all.categories.allSatisfy { $0.pixels == nil })
        #expect(all.remarks.contains { $0.contains("150, where at most 128") })
        #expect(all.lines.count { $0.name.hasPrefix("category c") } == 60)
        #expect(all.lines.contains { $0.name == "other categories" && $0.value.hasPrefix("90 more") })
    }

    /// Half a mask in each of two files is the whole mask.
    @Test func theFilesOfAMaskCountTogether() throws {
        let job = try job()
        let whole = try evaluation(job, rows())
        let mask = try Mask.decode(.file(job.folder + "/mask.png")).mask
        for folder in ["masks", "none"] {
            try FileManager.default.createDirectory(
                atPath: job.folder + "/" + folder, withIntermediateDirectories: true)
        }
        for half in 0..<2 {
            let pixels = mask.defective.enumerated().flatMap { index, isDefective in
                [UInt8](repeating: isDefective && (index % mask.width) % 4 / 2 == half ? 255 : 0, count: 3)
            }
            try DurableFile.write(
                PNGEncoder.encode(RGBImage(width: mask.width, height: mask.height, pixels: pixels)),
                to: job.folder + "/masks/\(half).png")
        }
        let parted = try evaluation(job, rows().replacing("mask.png", with: "masks"))
        #expect(parted == whole)
        let first = try evaluation(job, rows().replacing("mask.png", with: "masks/0.png"))
        #expect(first.pixels != whole.pixels)
        try DurableFile.write(
            PNGEncoder.encode(RGBImage(width: 1, height: 1, pixels: [1, 1, 1])), to: job.folder + "/masks/2.png")
        #expect { try evaluation(job, rows().replacing("mask.png", with: "masks")) } throws: {
            "\($0)".contains("masks/2.png: the mask has 1 x 1 pixels")
        }
        #expect { try evaluation(job, rows().replacing("mask.png", with: "none")) } throws: {
            $0 is InspectionError && "\($0)".contains("a folder of masks without an image")
        }
    }
}
