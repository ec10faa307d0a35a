import Foundation
import ImageLists
import Imaging
import TestSupport
import Testing

/// What folders and files of known data sets are called, and what harmless ones are.
@Suite struct NormalityCheckTests {
    private func check(_ files: [String], in within: String = "") throws -> NormalityCheck {
        let folder = try TemporaryFolder()
        for file in files { try folder.write([1], to: file) }
        return NormalityCheck(
            try ImageList.read([within.isEmpty ? folder.path : folder.path + "/" + within]), source: 0)
    }

    @Test func namesOfMasksMayHaveLettersBeyondASCII() throws {
        #expect(try check(["größe.png", "größe_MASK.png"]).suspected == 1)
        #expect(try check(["größe.png", "größe_mas\u{212A}.png"]).suspected == 0)
    }

    static let dataSets: [(name: String, files: [String], suspected: Int, good: [String])] = [
        (
            "MVTec AD",
            [
                "train/good/000.png", "train/good/001.png", "test/good/000.png", "test/broken_large/000.png",
                "ground_truth/broken_large/000_mask.png",
            ], 3, ["train/good"]
        ),
        (
            "MVTec AD, two categories",
            [
                "bottle/train/good/0.png", "bottle/test/good/0.png", "cable/train/good/0.png",
                "cable/test/bent_wire/0.png",
                "cable/ground_truth/bent_wire/0_mask.png",
            ], 3, ["bottle/train/good", "cable/train/good"]
        ),
        (
            "MVTec AD 2",
            [
                "train/good/0.png", "validation/good/1.png", "test_public/good/2.png", "test_public/bad/3.png",
                "test_public/ground_truth/bad/3_mask.png", "test_private/4.png", "test_private_mixed/5.png",
            ], 6, ["train/good"]
        ),
        (
            "VisA", ["Data/Images/Normal/0.JPG", "Data/Images/Anomaly/1.JPG", "Data/Masks/Anomaly/1.png"], 2,
            ["Data/Images/Normal"]
        ),
        ("BTAD", ["train/ok/0.bmp", "test/ok/1.bmp", "test/ko/2.bmp", "ground_truth/ko/2.png"], 3, ["train/ok"]),
        (
            "KolektorSDD", ["kos01/Part0.jpg", "kos01/Part0_label.bmp", "kos02/Part0.jpg", "kos02/Part0_label.bmp"], 2,
            []
        ),
        ("KolektorSDD2", ["train/10.png", "train/10_GT.png", "test/20.png", "test/20_GT.png"], 3, []),
        (
            "DAGM", ["Train/1.PNG", "Train/2.PNG", "Train/Label/2_label.PNG", "Test/3.PNG", "Test/Label/3_label.PNG"],
            3, []
        ),
        ("two folders", ["good/1.png", "NG/1.png"], 1, ["good"]),
        ("capitals", ["OK/1.png", "Defect/1.png"], 1, ["OK"]),
        ("numbers", ["ok/1.png", "ng_01/1.png", "ng_02/1.png"], 2, ["ok"]),
        ("words", ["images/1.png", "Surface defects (new)/1.png", "not ok/3.png"], 2, ["images"]),
        ("no good folder", ["1.png", "2.png", "reject/3.png"], 1, []),
        ("kinds beside good", ["good/1.png", "scratch/1.png", "faulty_imprint/2.png"], 2, ["good"]),
        ("labels", ["images/1.png", "labels/1.png"], 1, ["images"]),
        ("camel case", ["TrainImages/1.png", "TestImages/1.png", "GroundTruth/1.png"], 2, ["TrainImages"]),
        ("masks before", ["a.png", "mask_a.png", "b.png"], 1, []),
        ("deep", ["line 1/good/a/1.png", "line 1/good/b/1.png", "line 1/ko/1.png"], 1, ["line 1/good"]),
    ]

    @Test(arguments: dataSets) func aDataSetIsSeen(
        _ set: (name: String, files: [String], suspected: Int, good: [String])
    )
        throws
    {
        let check = try check(set.files)
        #expect(check.suspected == set.suspected && check.total == set.files.count, "\(set.name) \(check)")
        #expect(check.unsuspected == set.good, "\(set.name)")
        #expect(check.findings.reduce(0) { $0 + $1.images } == set.suspected)
        let withMasks = ["MVTec AD 2", "KolektorSDD", "KolektorSDD2", "DAGM", "masks before"]
        #expect(check.hasMasksBesideImages == withMasks.contains(set.name))
        // As far down as one likes, and whatever the folder above is called.
        let deeper = try self.check(set.files.map { "datasets/test/" + $0 })
        #expect(deeper.suspected == set.suspected && deeper.unsuspected == set.good.map { "datasets/test/" + $0 })
    }

    @Test(arguments: [
        ["a.png", "b.png"], ["good/1.png"], ["ok/1.png", "normal/2.png", "good/3.png"], ["train/1.png", "train/2.png"],
        ["cam1/1.png", "cam2/1.png", "camera-3/x.png"], ["2024-05-01/1.png", "2024-05-02/1.png"],
        ["train/good/1.png", "train/ok/2.png"], ["test/1.png", "test/2.png"],
        ["test-stand-1/1.png", "test-stand-2/1.png", "a/1.png"],
        ["good/1.png", "defect-free/2.png", "no defects/3.png", "non_defective/4.png"],
        ["normal/1.png", "bright/2.png", "dark/3.png"],
        ["test 1/1.png", "test 2/1.png"], ["bad-homburg/1.png", "kassel/1.png"],
        ["labeling-line/1.png", "maskenfabrik/1.png"],
        ["face_mask.png", "bottle_label.png", "part.png"], ["Kodak/1.png", "Nikon/2.png"],
        ["scratch/1.png", "other/2.png"],
        ["val/1.png", "uri/2.png"], ["anomaly-detection/good/1.png", "other/1.png"],
        ["good, no flash/1.png", "good/1.png"],
    ]) func harmlessNamesAre(_ files: [String]) throws {
        let check = try check(files)
        #expect(check.findings.isEmpty && check.suspected == 0 && check.total == files.count, "\(check)")
    }

    /// Whoever names the folder itself means it.
    @Test(arguments: ["test", "ko", "defects", "mask"]) func theFolderThatIsGivenMayBeCalledAnything(_ name: String)
        throws
    {
        #expect(try check(["\(name)/1.png", "\(name)/2.png", "good/3.png"], in: name).findings.isEmpty)
        #expect(try check(["\(name)/1.png", "\(name)/2.png", "good/3.png"]).suspected == 2)
    }

    @Test func listsAreLookedAtToo() throws {
        let folder = try TemporaryFolder()
        let list = try ImageList.read([
            folder.write("/data/set/good/1.png\n/data/set/ng/2.png\n", to: "a.txt"),
            folder.write("x.png\n", to: "b.txt"),
        ])
        #expect(NormalityCheck(list, source: 0).findings.map(\.example) == ["/data/set/ng/2.png"])
        #expect(NormalityCheck(list, source: 1).findings.isEmpty)
    }
}
