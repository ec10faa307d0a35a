import Foundation
import ImageLists
import Settings
import TestSupport
import Testing

@Suite struct SplitSelectionTests {
    private static let splits = [
        "train", "Train", "TRAINING", "test", "testing", "val", "validation", "test_public", "",
    ]

    private func list(_ splits: [String], named name: String = "list.csv") throws -> (TemporaryFolder, ImageList) {
        let folder = try TemporaryFolder()
        let rows = splits.enumerated().map { "\($0.offset).png,\($0.element)" }
        let text = (["image_path,split"] + rows).joined(separator: "\n")
        return (folder, try ImageList.read([folder.write(text, to: name)]))
    }

    @Test(arguments: [
        (SplitSelection.toFit, [0, 1, 2, 8]), (.toInspect, [3, 4, 5, 6, 7, 8]), (SplitSelection("Test"), [3, 4, 8]),
        (SplitSelection("valid"), [5, 6, 8]), (SplitSelection("all"), Array(0...8)), (SplitSelection("fold 3"), [8]),
    ])
    func aSplitIsChosenHoweverItIsSpelt(_ selection: SplitSelection, _ expected: [Int]) throws {
        let (_, all) = try list(Self.splits)
        let (taken, leftOut) = all.selecting(selection)
        #expect(taken.entries.map(\.path) == expected.map { "\($0).png" })
        #expect(leftOut.values.reduce(0, +) == all.entries.count - expected.count)
        // What is taken is taken as it is.
        for entry in taken.entries { #expect(all.entries.contains(entry)) }
    }

    @Test func whatIsFittedIsNotInspected() throws {
        var random = SeededGenerator(seed: 3)
        let splits = (0..<200).map { _ in Self.splits.dropLast().randomElement(using: &random) ?? "" }
        let (_, all) = try list(splits)
        let fitted = Set(all.selecting(.toFit).list.entries.map(\.path))
        let inspected = Set(all.selecting(.toInspect).list.entries.map(\.path))
        #expect(fitted.isDisjoint(with: inspected) && fitted.count + inspected.count == 200)
    }

    @Test func sourcesKeepTheirImages() throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b"] { try folder.write([1], to: "camera/\(name).png") }
        let first = try folder.write("image_path,split\n1.png,test\n2.png,train\n3.png,test\n", to: "1.csv")
        let second = try folder.write("image_path,split\n4.png,test\n", to: "2.csv")
        let third = try folder.write("2.png\n5.png\n", to: "3.txt")
        let all = try ImageList.read([first, folder.path + "/camera", second, third])
        #expect(all.sources.map(\.name) == [first, folder.path + "/camera", second, third])
        #expect(all.sources.map(\.kind) == [.csv, .folder, .csv, .text])
        #expect(all.sources.map(\.entries) == [0..<3, 3..<5, 5..<6, 6..<7])
        let fitted = all.selecting(.toFit).list
        #expect(fitted.entries.map(\.path) == ["2.png", "a.png", "b.png", "5.png"])
        #expect(fitted.sources.map(\.entries) == [0..<1, 1..<3, 3..<3, 3..<4])
        #expect(all.selecting(.all).list.digest() == all.digest())
    }
}
