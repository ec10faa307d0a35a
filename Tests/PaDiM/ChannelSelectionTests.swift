import Foundation
import PaDiM
import TestSupport
import Testing

@Suite struct ChannelSelectionTests {
    @Test func theChoiceNeverChanges() throws {
        // From ten lines of Python that say the same.
        #expect(try ChannelSelection.random(keeping: 5, of: 20, seed: 0) == [2, 5, 9, 17, 19])
        #expect(
            try ChannelSelection.random(keeping: 8, of: 448, seed: 1024) == [31, 119, 123, 140, 142, 184, 379, 424])
    }

    @Test func keepsDistinctChannelsAscending() throws {
        for seed in 0..<50 as Range<UInt64> {
            let chosen = try ChannelSelection.random(keeping: 100, of: 448, seed: seed)
            #expect(chosen.count == 100)
            #expect(zip(chosen, chosen.dropFirst()).allSatisfy(<))
            #expect(chosen.allSatisfy { (0..<448).contains($0) })
        }
        #expect(try ChannelSelection.random(keeping: 30, of: 30, seed: 9) == Array(0..<30))
    }

    @Test func everyChannelIsKeptAboutEquallyOften() throws {
        var counts = [Int](repeating: 0, count: 20)
        for seed in 0..<4000 as Range<UInt64> {
            for channel in try ChannelSelection.random(keeping: 5, of: 20, seed: seed) { counts[channel] += 1 }
        }
        // 1000 expected, deviation 27.
        #expect(counts.allSatisfy { (860...1140).contains($0) })
    }

    @Test(arguments: [0, -1, 21])
    func impossibleNumbersAreRefused(count: Int) {
        #expect(throws: PaDiMError.self) { try ChannelSelection.random(keeping: count, of: 20, seed: 0) }
    }

    @Test func aFileOfIndicesIsReadAndSorted() throws {
        let folder = try TemporaryFolder()
        try Data("  7 3\n\t11\r\n0".utf8).write(to: URL(fileURLWithPath: folder["list"]))
        #expect(try ChannelSelection.read(folder["list"]) == [0, 3, 7, 11])
    }

    @Test(arguments: [
        ("", "holds no"), (" \n", "holds no"), ("1 2 1", "channel 1 comes twice"), ("1 -2", "'-2'"), ("1 x", "'x'"),
        ("1, 2", "'1,'"), ("99999999999999999999", "is no channel index"),
    ])
    func aWrongFileIsExplained(text: String, words: String) throws {
        let folder = try TemporaryFolder()
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder["list"]))
        do {
            _ = try ChannelSelection.read(folder["list"])
            Issue.record("was read")
        } catch let error as PaDiMError {
            #expect(error.description.contains(words))
            #expect(error.description.contains(folder["list"]))
        }
    }

    @Test func anAbsentFileAndAFolderAreErrors() throws {
        let folder = try TemporaryFolder()
        #expect(throws: PaDiMError.self) { try ChannelSelection.read(folder["absent"]) }
        #expect(throws: PaDiMError.self) { try ChannelSelection.read(folder.path) }
    }
}
