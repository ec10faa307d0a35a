import Foundation
import ImageLists
import Imaging
import TestSupport
import Testing

/// Small data sets of each layout, which Fixtures/make_layouts.py thought up, with what a list of them should say.
@Suite struct LayoutTests {
    struct DataSet: Decodable, CustomTestStringConvertible {
        struct Image: Decodable, Hashable {
            var path: String
            var label: Int
            var mask: String?
            var split: String
            var category: String
            var kind: String?
        }

        struct Mask: Decodable {
            var path: String
            var empty: Bool
        }

        var name, layout, auto: String
        var images: [Image]
        var masks: [Mask]
        var texts: [String: String]
        var unlabelled, leftOut: [String]

        var testDescription: String { name }

        /// Makes its files. Images are not looked into, masks may be.
        func make(in folder: TemporaryFolder, leaving left: String? = nil) throws -> String {
            for path in images.map(\.path) + unlabelled + leftOut where left.map({ path.contains($0) }) != true {
                try folder.write([1], to: name + "/" + path)
            }
            for mask in masks where left.map({ mask.path.contains($0) }) != true {
                let pixels = [UInt8](repeating: mask.empty ? 0 : 255, count: 8 * 8 * 3)
                try folder.write(
                    PNGEncoder.encode(RGBImage(width: 8, height: 8, pixels: pixels)), to: name + "/" + mask.path)
            }
            for (path, text) in texts where left.map({ path.contains($0) }) != true {
                try folder.write(text, to: name + "/" + path)
            }
            return folder.path + "/" + name
        }
    }

    static let all: [DataSet] = {
        guard let url = Bundle.module.url(forResource: "Fixtures", withExtension: nil),
            let data = try? Data(contentsOf: url.appendingPathComponent("layouts.json"))
        else { return [] }
        return (try? JSONDecoder().decode([DataSet].self, from: data)) ?? []
    }()

    static func named(_ name: String) throws -> DataSet { try #require(all.first { $0.name == name }) }

    @Test func thereIsADataSetOfEachLayout() {
        #expect(Set(Self.all.map(\.layout)) == Set(DataSetLayout.allCases.map(\.rawValue)))
    }

    /// Each image is listed once, as what it is, and each mask is that of one image.
    @Test(arguments: all) func everyImageIsListedAsWhatItIs(_ data: DataSet) throws {
        let folder = try TemporaryFolder()
        let root = try data.make(in: folder)
        let layout = try #require(DataSetLayout(rawValue: data.layout))
        let manifest = try Manifest.ofDataSet(root, layout: layout)
        let found = manifest.rows.map { row in
            DataSet.Image(
                path: String(row.image.dropFirst(root.count + 1)), label: row.label,
                mask: row.mask.map { String($0.dropFirst(root.count + 1)) }, split: row.split,
                category: row.category ?? "",
                kind: row.kind)
        }
        #expect(Set(found) == Set(data.images))
        #expect(found.count == data.images.count)
        #expect(manifest.unlabelled == data.unlabelled.count && manifest.leftOut == data.leftOut.count)
        // Masks of good images and of images that are left out belong to no row.
        let used = try manifest.rows.compactMap(\.mask).flatMap { try MaskFiles.of(.file($0)) }.map(\.text)
        let filled = Set(data.masks.filter { !$0.empty }.map { root + "/" + $0.path })
        #expect(Set(used).count == used.count)
        #expect(filled.subtracting(used).count == data.leftOut.count && filled.isSuperset(of: used))
        #expect(!manifest.notes.contains { $0.contains("belong to no") })
    }

    /// What is written is read back, with categories and kinds.
    @Test(arguments: all) func theListIsReadBack(_ data: DataSet) throws {
        let folder = try TemporaryFolder()
        let root = try data.make(in: folder)
        let manifest = try Manifest.ofDataSet(root, layout: #require(DataSetLayout(rawValue: data.layout)))
        try manifest.write(to: folder.path + "/list.csv")
        let list = try ImageList.read([folder.path + "/list.csv"])
        #expect(list.entries.map(\.location.text) == manifest.rows.map(\.image))
        #expect(list.entries.map(\.mask?.text) == manifest.rows.map(\.mask))
        #expect(list.entries.map(\.label) == manifest.rows.map(\.label))
        #expect(list.entries.map(\.split) == manifest.rows.map(\.split))
        #expect(list.entries.map(\.category) == manifest.rows.map(\.category))
        // Words such as "bad" say no more than that an image is not good.
        #expect(list.entries.map(\.kind) == manifest.rows.map { ["bad", "ko"].contains($0.kind) ? nil : $0.kind })
        #expect(list.missing().isEmpty && list.missingMasks().isEmpty && list.unusedColumns.isEmpty)
    }

    @Test(arguments: all) func theLayoutIsFoundOut(_ data: DataSet) throws {
        let folder = try TemporaryFolder()
        let root = try data.make(in: folder)
        let manifest = try Manifest.ofDataSet(root)
        #expect(manifest.layout?.rawValue == data.auto && manifest.reason != nil)
        #expect(manifest.rows.count == data.images.count)
        guard data.layout != "kolektor" else { return }
        #expect(try manifest.rows == Manifest.ofDataSet(root, layout: #require(manifest.layout)).rows)
    }

    /// The folder of one category is listed as well.
    @Test(arguments: [
        ("mvtec", "carpet"), ("loco", "pushpins"), ("ad2", "can"), ("visa-folders", "pcb1"), ("btad", "03"),
    ])
    func aSingleCategoryIsListed(_ name: String, _ category: String) throws {
        let data = try Self.named(name)
        let folder = try TemporaryFolder()
        let root = try data.make(in: folder)
        let layout = try #require(DataSetLayout(rawValue: data.layout))
        let alone = try Manifest.ofDataSet(root + "/" + category, layout: layout)
        #expect(try alone.rows == Manifest.ofDataSet(root, layout: layout).rows.filter { $0.category == category })
        #expect(alone.categories == [category])
    }

    @Test(arguments: [
        ("mvtec", "mvtec", "bottle/train/", "bottle: not laid out as mvtec: it has no folder train/good"),
        ("mvtec", "mvtec", "carpet/test/good", "carpet: not laid out as mvtec: it has no folder test/good"),
        (
            "mvtec", "mvtec", "bottle/ground_truth/broken",
            "bottle: not laid out as mvtec: it has no folder ground_truth/broken_large"
        ),
        ("mvtec", "mvtec", "hole/001_mask", "ground_truth/hole: no mask 001_mask.png for the image"),
        ("loco", "mvtec-loco", "ground_truth/logical_anomalies/001/", "no folder of masks 001 for the image"),
        ("loco", "mvtec", "nothing", "no mask 000_mask.png"),
        ("mvtec", "mvtec-ad2", "nothing", "it has no folder test_public"),
        ("mvtec", "btad", "nothing", "it has no folder train/ok"),
        (
            "mvtec", "visa", "nothing",
            "no file split_csv/1cls.csv, and neither it nor a folder in it has a folder Data/Images/Normal"
        ),
        ("mvtec", "kolektor", "nothing", "no image in it has a mask beside it"),
        (
            "KolektorSDD", "kolektor", "kos02/Part1_label",
            "1 of 16 images have no mask beside them, the first is kos02/Part1.jpg"
        ),
        ("KolektorSDD", "mvtec", "nothing", "neither it nor a folder in it has the folders train/good and test"),
        ("KolektorSDD2", "folder", "nothing", "lie in no folder whose name says"),
        ("ad2", "mvtec-ad2", "can/train/good", "can: not laid out as mvtec-ad2: it has no folder train/good"),
        ("btad", "btad", "02/train/ok", "02: not laid out as btad: it has no folder train/ok"),
        (
            "visa", "visa", "pcb1/Data/Images/Normal/0003",
            "1cls.csv:27: it names 'pcb1/Data/Images/Normal/0003.JPG', which is not there"
        ),
        ("visa-folders", "visa", "Masks/Anomaly/001", "no mask 001.png"),
        ("good-bad", "folder", "line 1/images/OK/", "no image to fit in the category 'line 1'"),
    ]) func whatIsMissingIsSaid(_ name: String, _ layout: String, _ left: String, _ reason: String) throws {
        let folder = try TemporaryFolder()
        let root = try Self.named(name).make(in: folder, leaving: left)
        #expect("\(name) \(layout)") {
            try Manifest.ofDataSet(root, layout: #require(DataSetLayout(rawValue: layout)))
        } throws: { error in
            let isRight = "\(error)".contains(reason)
            if !isRight { print("\(name) as \(layout): \(error)") }
            return isRight && error is ListError
        }
    }

    @Test(arguments: [
        ("object,split,label,image\n", ":1: the header has no column 'mask'"),
        (
            "object,split,label,image,mask\ncandle,both,normal,candle/Data/Images/Normal/0000.JPG,\n",
            ":2: the split 'both'"
        ),
        ("object,split,label,image,mask\ncandle,test,odd,candle/Data/Images/Normal/0000.JPG,\n", ":2: the label 'odd'"),
        (
            "object,split,label,image,mask\ncandle,test,anomaly,candle/Data/Images/Anomaly/000.JPG,\n",
            ":2: an anomaly without"
        ),
        (
            "object,split,label,image,mask\ncandle,train,anomaly,candle/Data/Images/Anomaly/000.JPG,x\n",
            ":2: an anomaly in the split"
        ),
        ("object,split,label,image,mask\nfryum,train,normal,fryum/a.JPG,\n", "none of the 1 categories"),
        ("object,split,label,image,mask\na,b\n", ":2: 2 fields"),
        (
            "object,split,label,image,mask\n\ncandle,test,normal,candle/Data/Images/Normal/0000.JPG,\n"
                + "candle,test,normal,candle/Data/Images/Normal/0000.JPG,\n",
            ":4: 'candle/Data/Images/Normal/0000.JPG' is there twice"
        ),
    ]) func aWrongTableOfVisAIsRefusedWithItsLine(_ table: String, _ reason: String) throws {
        let folder = try TemporaryFolder()
        let root = try Self.named("visa").make(in: folder)
        try folder.write(table, to: "visa/split_csv/1cls.csv")
        #expect { try Manifest.ofDataSet(root) } throws: { "\($0)".contains(reason) }
    }

    /// Data sets that were brought into the layout of MVTec AD, as VisA by its authors' script, may call masks as their images.
    @Test func masksMayBeCalledAsTheirImages() throws {
        var data = try Self.named("mvtec")
        for index in data.masks.indices { data.masks[index].path.replace("_mask.png", with: ".png") }
        for index in data.images.indices { data.images[index].mask?.replace("_mask.png", with: ".png") }
        let folder = try TemporaryFolder()
        let root = try data.make(in: folder)
        let manifest = try Manifest.ofDataSet(root)
        #expect(Set(manifest.rows.compactMap(\.mask)) == Set(data.images.compactMap(\.mask).map { root + "/" + $0 }))
        #expect(manifest.layout == .mvtec && manifest.notes.isEmpty)
    }

    @Test(arguments: all) func publishedLayoutsAreRecognised(_ data: DataSet) throws {
        let folder = try TemporaryFolder()
        #expect(try Manifest.isDataSet(data.make(in: folder)) == (data.layout != "folder"))
    }

    @Test func masksOfNobodyAreNoted() throws {
        let folder = try TemporaryFolder()
        for (name, more) in [
            ("mvtec", "bottle/ground_truth/contamination/more_mask.png"),
            ("loco", "pushpins/ground_truth/logical_anomalies/9/0.png"),
            ("visa", "candle/Data/Masks/Anomaly/900.png"), ("visa-folders", "candle/Data/Masks/Anomaly/900.png"),
            ("btad", "01/ground_truth/ko/0900.png"), ("good-bad", "line 1/masks/more.png"),
        ] {
            let root = try Self.named(name).make(in: folder)
            try folder.write([1], to: name + "/" + more)
            let notes = try Manifest.ofDataSet(root).notes
            #expect(notes.contains { $0.contains("1 masks belong to no") && $0.contains(more) }, "\(name): \(notes)")
        }
    }

    /// Images that a layout has no place for are not listed, and counted.
    @Test(arguments: [
        ("mvtec", ["bottle/test/stray.png", "carpet/train/1.png", "overview.png"], "bottle/test/stray.png"),
        ("mvtec", ["bottle/ground_truth/lost/000_mask.png"], "bottle/ground_truth/lost/000_mask.png"),
        ("ad2", ["can/test_public/0.png", "can/test_private/more/0.png"], "can/test_public/0.png"),
        ("visa-folders", ["candle/0.JPG"], "candle/0.JPG"),
    ]) func imagesElsewhereAreNoted(_ name: String, _ more: [String], _ first: String) throws {
        let data = try Self.named(name)
        let folder = try TemporaryFolder()
        let root = try data.make(in: folder)
        for path in more { try folder.write([1], to: name + "/" + path) }
        let manifest = try Manifest.ofDataSet(root)
        #expect(manifest.rows.count == data.images.count)
        let count = more.count { !$0.contains("test_private") }
        #expect(
            manifest.notes.contains { $0.hasPrefix("\(count) images lie where") && $0.hasSuffix(first) },
            "\(manifest.notes)")
    }

    @Test func aMaskThatMayBeThatOfSeveralIsRefused() throws {
        let folder = try TemporaryFolder()
        for file in ["good/0.png", "good/1.png", "bad/1.png", "masks/1.png", "gt/1.png"] {
            try folder.write([1], to: file)
        }
        #expect { try Manifest.ofDataSet(folder.path) } throws: { "\($0)".contains("several masks") }
    }

    @Test func aFolderOfNoLayoutNamesThemAll() throws {
        let folder = try TemporaryFolder()
        try folder.write([1], to: "a/1.png")
        #expect { try Manifest.ofDataSet(folder.path) } throws: { error in
            DataSetLayout.allCases.allSatisfy { "\(error)".contains($0.rawValue + ": ") }
        }
        #expect { try Manifest.ofDataSet(folder.path + "/none", layout: .visa) } throws: {
            "\($0)".contains("no such folder")
        }
    }
}
