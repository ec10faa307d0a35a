import Foundation
import ImageLists
import Imaging
import TestSupport
import Testing

@Suite struct ManifestTests {
    private func bottle(_ extra: [String] = []) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let files = [
            "train/good/000.png", "train/good/001.png", "test/good/000.png", "test/broken/000.png",
            "test/cut, deep/7.png",
            "ground_truth/broken/000_mask.png", "ground_truth/cut, deep/7_mask.png", "license.txt",
        ]
        for file in files + extra { try folder.write([1], to: "bottle/" + file) }
        return folder
    }

    @Test func anMVTecFolderBecomesAListWithLabelsAndMasks() throws {
        let folder = try bottle()
        let manifest = try Manifest.fromMVTecFolder(folder.path + "/bottle")
        #expect(
            manifest.csv(relativeTo: folder.path) == """
                image_path,label_index,mask_path,split
                bottle/train/good/000.png,0,,train
                bottle/train/good/001.png,0,,train
                bottle/test/broken/000.png,1,bottle/ground_truth/broken/000_mask.png,test
                "bottle/test/cut, deep/7.png",1,"bottle/ground_truth/cut, deep/7_mask.png",test
                bottle/test/good/000.png,0,,test

                """)
        #expect(
            manifest.csv(relativeTo: "/elsewhere").contains("\n\(folder.path)/bottle/train/good/000.png,0,,train\n"))
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let folder = try bottle()
        let manifest = try Manifest.fromMVTecFolder(folder.path + "/bottle")
        try manifest.write(to: folder.path + "/bottle.csv")
        let list = try ImageList.read([folder.path + "/bottle.csv"])
        #expect(list.entries.map(\.location.text) == manifest.rows.map(\.image))
        #expect(list.entries.map(\.mask?.text) == manifest.rows.map(\.mask))
        #expect(list.entries.map(\.label) == manifest.rows.map(\.label))
        #expect(list.entries.map(\.split) == manifest.rows.map(\.split))
        #expect(list.missing().isEmpty && list.missingMasks().isEmpty)
    }

    @Test func aNameWithTheEndOfALineIsRefused() throws {
        let folder = try bottle(["test/good/a\nb.png"])
        let manifest = try Manifest.fromMVTecFolder(folder.path + "/bottle")
        #expect { try manifest.write(to: folder.path + "/bottle.csv") } throws: { "\($0)".contains("rename the file") }
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/bottle.csv"))
    }

    @Test func withoutGroundTruthThereAreNoMasks() throws {
        let folder = try bottle()
        try FileManager.default.removeItem(atPath: folder.path + "/bottle/ground_truth")
        #expect(try Manifest.fromMVTecFolder(folder.path + "/bottle").rows.allSatisfy { $0.mask == nil })
    }

    @Test(arguments: [
        ["train/ok/0.bmp", "test/ok/1.bmp", "test/ko/2.bmp", "ground_truth/ko/2.png"],
        ["Train/OK/0.bmp", "Test/OK/1.bmp", "Test/NG/2.bmp", "GroundTruth/NG/2_mask.png"],
        [
            "train/good/0.png", "test_private/good/1.png", "test_public/bad/2.png",
            "test_public/ground_truth/bad/2_mask.png", "validation/good/7.png",
        ],
    ]) func relatedLayoutsAreListed(_ files: [String]) throws {
        let folder = try TemporaryFolder()
        for file in files { try folder.write([1], to: file) }
        let rows = try Manifest.fromMVTecFolder(folder.path).rows.sorted { $0.label < $1.label }
        #expect(Manifest.recognises(folder.path))
        #expect(rows.map(\.label) == [0, 0, 1] && rows.map(\.split) == ["train", "test", "test"])
        #expect(rows.map { String($0.image.dropFirst(folder.path.count + 1)) } == Array(files[..<3]))
        #expect(rows.map(\.mask) == [nil, nil, folder.path + "/" + files[3]])
    }

    /// A mask makes an image defective by its pixels, and not by being there.
    @Test(arguments: [
        (["train/1.png", "train/2.png", "test/3.png", "test/4.png"], "_GT.png"),
        (["Train/1.png", "Train/2.png", "Test/3.png", "Test/4.png"], "_label.PNG"),
    ]) func masksBesideImagesTell(_ images: [String], _ ending: String) throws {
        let folder = try TemporaryFolder()
        for (number, image) in images.enumerated() {
            try folder.write([1], to: image)
            let stem = String(image.dropLast(4))
            let inFolder = ending == "_label.PNG" ? stem.replacing("/", with: "/Label/") : stem
            try writeMask(isEmpty: number % 2 == 0, to: inFolder + ending, in: folder)
        }
        let manifest = try Manifest.ofDataSet(folder.path)
        #expect(manifest.rows.map(\.label).sorted() == [0, 0, 1] && manifest.leftOut == 1)
        #expect(manifest.rows.filter { $0.split == "train" }.map(\.image) == [folder.path + "/" + images[0]])
        let defective = try #require(manifest.rows.first { $0.label == 1 })
        #expect(defective.image == folder.path + "/" + images[3] && defective.split == "test")
        #expect(try Mask.decode(.file(#require(defective.mask))).mask.defective.contains(true))
        try manifest.write(to: folder.path + "/list.csv")
        let list = try ImageList.read([folder.path + "/list.csv"])
        #expect(list.selecting(.toFit).list.entries.allSatisfy { $0.label == 0 })
        #expect(list.missing().isEmpty && list.missingMasks().isEmpty)
    }

    @Test func whereNoFolderTellsAFifthIsToTest() throws {
        let folder = try TemporaryFolder()
        for number in 0..<12 {
            try folder.write([1], to: "kos\(10 + number)/Part0.png")
            try writeMask(isEmpty: number > 1, to: "kos\(10 + number)/Part0_label.png", in: folder)
        }
        let rows = try Manifest.ofDataSet(folder.path).rows
        #expect(rows.count == 12 && rows.filter { $0.split == "train" }.count == 8)
        #expect(rows.filter { $0.split == "test" }.map(\.label) == [1, 1, 0, 0])
    }

    private func writeMask(isEmpty: Bool, to name: String, in folder: TemporaryFolder) throws {
        let pixels = [UInt8](repeating: 0, count: 12 * 12 * 3 - 3) + [UInt8](repeating: isEmpty ? 0 : 255, count: 3)
        try folder.write(PNGEncoder.encode(RGBImage(width: 12, height: 12, pixels: pixels)), to: name)
    }

    @Test func otherFoldersAreRefusedWithTheReason() throws {
        let folder = try bottle(["test/broken/001.png"])
        let plain = try TemporaryFolder()
        try plain.write([1], to: "a.png")
        try plain.write([1], to: "half/train/good/a.png")
        try plain.write("x", to: "bare/train/good/readme.txt")
        try plain.write([1], to: "bare/test/good/a.png")
        for (path, reason) in [
            (folder.path + "/bottle", "no mask 001_mask.png"), (folder.path, "1 categories; give one of them"),
            (plain.path + "/half", "no folder 'test'"), (plain.path + "/bare", "no image to fit"),
            (plain.path + "/none", "no such folder"), (plain.path + "/bare/test", "not laid out as MVTec AD"),
        ] {
            #expect("\(path)") { try Manifest.fromMVTecFolder(path) } throws: { "\($0)".contains(reason) }
        }
    }
}

/// The examples that the repository shows to its users.
@Suite struct ManifestExampleTests {
    private let folder =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("manifests").path

    @Test func everyFormNamesTheSamePictures() throws {
        let lists = try ["pictures", "images.txt", "images.csv", "images.jsonl"].map {
            try ImageList.read([folder + "/" + $0])
        }
        #expect(lists[0].entries.map(\.location) == lists[1].entries.map(\.location))
        #expect(lists[0].entries.map(\.location) == lists[2].entries.map(\.location))
        #expect(lists[2].digest() == lists[3].digest())
        for entry in lists[0].entries { #expect(throws: Never.self) { try ImageDecoder.decode(entry.location) } }
    }

    @Test func theManifestIsWhatIsWrittenForItsFolder() throws {
        let manifest = try Manifest.fromMVTecFolder(folder + "/mvtec")
        let stored = try String(contentsOfFile: folder + "/mvtec.csv", encoding: .utf8)
        #expect(manifest.csv(relativeTo: folder) == stored)
        let list = try ImageList.read([folder + "/mvtec.csv"])
        #expect(list.missing().isEmpty && list.missingMasks().isEmpty)
        let mask = try Mask.decode(#require(list.entries.last?.mask)).mask
        #expect(mask.defective.count { $0 } == 12 * 14)
    }
}
