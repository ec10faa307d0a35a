import JobPlanning
import Foundation
import ImageLists
import TestSupport
import Testing

@Suite struct NormalImagesTests {
    let folder: TemporaryFolder
    let saying = Saying()

    init() throws { folder = try TemporaryFolder() }

    private func write(_ files: [String]) throws {
        for file in files {
            let path = folder[file]
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data([1]).write(to: URL(fileURLWithPath: path))
        }
    }

    private func check(_ source: String) throws {
        try NormalImages(option: "--normal", logger: saying.logger).check(ImageList.read([source]))
    }

    @Test func aDataSetsRootIsRefusedWithTheCommandThatIsMeant() throws {
        try write([
            "the set/train/good/0.png", "the set/test/good/1.png", "the set/test/ko/2.png",
            "the set/ground_truth/ko/2.png",
        ])
        for root in [folder["the set"], folder["the set"] + "/"] {
            #expect { try check(root) } throws: { error in
                [
                    "3 of the 4 images of '\(root)'", "2 in a folder of images for tests, 'test'",
                    "1 in a folder of masks, 'ground_truth'", "--normal '\(folder["the set"])/train/good'",
                    "padim manifest '\(folder["the set"])' --output list.csv", "--trust-folders",
                ].allSatisfy("\(error)".contains)
            }
        }
        try check(folder["the set/train"])
        try check(folder["the set/test/ko"])
    }

    @Test func aRootOfSeveralCategoriesIsRefusedWithTheCommandThatListsThem() throws {
        for category in ["bottle", "cable"] {
            try write(
                ["train/good/0.png", "test/good/1.png", "test/hole/2.png", "ground_truth/hole/2_mask.png"]
                    .map { "mvtec/\(category)/\($0)" })
        }
        #expect { try check(folder["mvtec"]) } throws: {
            "\($0)".contains("padim manifest \(folder["mvtec"]) --output list.csv")
        }
    }

    @Test func masksBesideImagesAreRefused() throws {
        try write(["kos01/Part0.jpg", "kos01/Part0_label.bmp"])
        #expect { try check(folder.path) } throws: {
            "\($0)".contains("1 masks beside their images") && "\($0)".contains("kos01/Part0_label.bmp")
                && "\($0)".contains("padim manifest \(folder.path) --output list.csv")
        }
        NormalImages(option: "--images", logger: saying.logger).warnOfMasks(try ImageList.read([folder.path]))
        #expect(saying.text.contains("warning: 1 of the images") && saying.text.contains("look like masks"))
    }

    /// A list is obeyed: it is only asked whether it is meant.
    @Test func aListIsNotRefused() throws {
        try Data("good/1.png\nng/2.png\n".utf8).write(to: URL(fileURLWithPath: folder["list.txt"]))
        try check(folder["list.txt"])
        #expect(saying.text.contains("1 in a folder of defects, 'ng'"))
        let before = saying.text
        try Data("image_path,label\ngood/1.png,ok\nng/2.png,ok\n".utf8).write(
            to: URL(fileURLWithPath: folder["list.csv"]))
        try check(folder["list.csv"])
        #expect(saying.text == before)
    }
}
