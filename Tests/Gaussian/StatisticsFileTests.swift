import Foundation
import Gaussian
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct StatisticsFileTests {
    private let folder: TemporaryFolder
    private let sample = Sample(images: 20, patches: 9, dimension: 6, seed: 21)

    init() throws { folder = try TemporaryFolder() }

    @Test func comesBackAsItWas() throws {
        let file = try sample.file(folder["a"])
        let statistics = try sample.statistics()
        #expect(file.header.count == 20)
        #expect(file.header.clamped == statistics.clamped)
        #expect(try file.header.space == sample.space())
        #expect(try file.header.space == sample.space())
        let words = try statistics.words
        let record = words.count / 9
        try file.withRecords(patches: 2..<7) {
            #expect(Array(UnsafeBufferPointer(start: $0, count: 5 * record)) == Array(words[2 * record..<7 * record]))
        }
        try file.verify()
    }

    @Test func chunksInAnyOrderGiveTheSameFile() throws {
        let whole = try sample.file(folder["whole"])
        let statistics = try sample.statistics()
        let writer = try StatisticsFileWriter(path: folder["pieces"], header: whole.header)
        for range in [4..<9, 0..<1, 2..<4, 1..<2, 0..<1] {
            // At an odd address, as a message may leave them.
            let bytes = try statistics.withChunk(patches: range) { [0] + Array($0) }
            try bytes.withUnsafeBytes { try writer.write(UnsafeRawBufferPointer(rebasing: $0[1...]), patches: range) }
        }
        try writer.commit()
        #expect(try bytes(ofFile: folder["pieces"]) == bytes(ofFile: folder["whole"]))
    }

    @Test func aFileWithAMissingPatchIsNotCommitted() throws {
        let statistics = try sample.statistics()
        let writer = try StatisticsFileWriter(path: folder["a"], header: sample.file(folder["b"]).header)
        try statistics.withChunk(patches: 0..<8) { try writer.write($0, patches: 0..<8) }
        do {
            try writer.commit()
            Issue.record("committed")
        } catch let error as GaussianError {
            #expect(error.description.contains("patch 8"))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["b"])
    }

    @Test func chunksThatNoImagesGiveAreRefused() throws {
        let header = try sample.file(folder["b"]).header
        let writer = try StatisticsFileWriter(path: folder["a"], header: header)
        let good = try sample.statistics().withChunk(patches: 0..<1) { Array($0) }
        func refused(_ chunk: [UInt8], _ patches: Range<Int>) -> Bool {
            do {
                try chunk.withUnsafeBytes { try writer.write($0, patches: patches) }
                return false
            } catch {
                return error is GaussianError
            }
        }
        #expect(!refused(good, 0..<1))
        #expect(refused(good, 0..<2))
        #expect(refused(good, 9..<10))
        #expect(refused(Array(good.dropLast()), 0..<1))
        #expect(refused(good.map { ~$0 }, 0..<1))
        #expect(refused(good.map { _ in 0x7f }, 0..<1))
    }

    @Test func everyFlippedByteIsFound() throws {
        _ = try sample.file(folder["a"])
        let good = try Array(bytes(ofFile: folder["a"]))
        var random = SeededGenerator(seed: 9)
        let padding = UInt8(ascii: " ")
        for _ in 0..<400 {
            let place = Int.random(in: good.indices, using: &random)
            // JSON may be padded with other blanks.
            if good[place] == padding { continue }
            var bad = good
            bad[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try Data(bad).write(to: URL(fileURLWithPath: folder["bad"]))
            #expect(throws: (any Error).self, "byte \(place)") { try StatisticsFile(path: folder["bad"]).verify() }
        }
    }

    @Test func everyTruncationIsFound() throws {
        _ = try sample.file(folder["a"])
        let good = try bytes(ofFile: folder["a"])
        for length in stride(from: 0, to: good.count, by: 61) {
            try good.prefix(length).write(to: URL(fileURLWithPath: folder["bad"]))
            #expect(throws: (any Error).self) { try StatisticsFile(path: folder["bad"]).verify() }
        }
    }

    /// Who cut a mapped file short would end the process.
    @Test func aFileThatIsCutShortAfterItWasOpenedIsAnError() throws {
        let file = try sample.file(folder["a"])
        try file.verify()
        #expect(file.isUnchanged)
        truncate(folder["a"], off_t(try bytes(ofFile: folder["a"]).count - 8))
        #expect { try file.verify() } throws: { $0 is StorageError && "\($0)".contains("it ends at byte") }
        #expect(!file.isUnchanged)
        truncate(folder["a"], 0)
        #expect(throws: StorageError.self) { try file.withRecords(patches: 0..<1) { _ in } }
    }

    @Test func aFileThatIsWrittenToAfterItWasOpenedIsAnError() throws {
        let file = try sample.file(folder["a"])
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: folder["a"]))
        let last = try handle.seekToEnd() - 8
        try handle.seek(toOffset: last)
        let byte = try #require(try handle.read(upToCount: 1)?.first)
        try handle.seek(toOffset: last)
        try handle.write(contentsOf: [byte ^ 1])
        try handle.close()
        #expect(throws: GaussianError.self) { try file.verify() }
    }

    @Test func aFileIsReadThoughItsNameIsAnothersNow() throws {
        let file = try sample.file(folder["a"])
        let digest = try file.fileDigest()
        _ = try Sample(images: 3, patches: 9, dimension: 6, seed: 1).file(folder["a"])
        try file.verify()
        #expect(try file.fileDigest() == digest && !file.isUnchanged)
        #expect(try StatisticsFile(path: folder["a"]).fileDigest() != digest)
    }

    /// Its length is looked at before it is read.
    @Test func aHeaderLongerThanAnyIsRefused() throws {
        let tensor = try TensorDescription(name: "x", type: .i64, shape: [1])
        let notes = ["format": "padim statistics", "note": String(repeating: "a", count: 1 << 22)]
        try SafetensorsWriter(path: folder["long"], tensors: [tensor], metadata: notes).commit()
        #expect { try StatisticsFile(path: folder["long"]) } throws: { "\($0)".contains("at most 4194304 are allowed") }
    }

    @Test func theSizeOfAFileIsKnownBefore() throws {
        let file = try sample.file(folder["a"])
        let size = Int64(try bytes(ofFile: folder["a"]).count)
        let possible = try StatisticsFile.possibleByteCounts(file.header)
        #expect(possible.contains(size) && !possible.contains(size / 2) && !possible.contains(size + 1 << 23))
    }

    @Test func rightsAreAsAskedFor() throws {
        let statistics = try sample.statistics()
        for mode: mode_t in [0o604, 0o640] {
            try StatisticsFileWriter.write(statistics, space: sample.space(), to: folder["a"], mode: mode)
            let found = try FileManager.default.attributesOfItem(atPath: folder["a"])[.posixPermissions] as? Int
            #expect(found == Int(mode))
        }
    }

    @Test func swappedRecordsAreFound() throws {
        _ = try sample.file(folder["a"])
        var data = try Array(bytes(ofFile: folder["a"]))
        let record = Statistics.chunkByteCount(patches: 1, dimension: 6)
        let start = data.count - 9 * record - 9 * 8
        // The tensors lie by name: checks, then moments.
        let moments = start + 9 * 8
        for place in 0..<record { data.swapAt(moments + place, moments + record + place) }
        for place in 0..<8 { data.swapAt(start + place, start + 8 + place) }
        try Data(data).write(to: URL(fileURLWithPath: folder["bad"]))
        #expect(throws: GaussianError.self) { try StatisticsFile(path: folder["bad"]).verify() }
    }

    @Test func channelsThatAreAlwaysZeroAreCounted() throws {
        #expect(try sample.file(folder["some"]).shareOfZeroChannels() == 0)
        let statistics = try Statistics(patches: 2, dimension: 3)
        // The middle channel of the first patch, and all of the second, are 0 in both images.
        try statistics.fold([1, 0, 3, -1, 0, 2], images: 2, patches: 0..<1)
        statistics.didFold(images: 2, clamped: 0)
        let space = try Sample(images: 0, patches: 2, dimension: 3, seed: 1).space()
        try StatisticsFileWriter.write(statistics, space: space, to: folder["zeros"])
        #expect(try StatisticsFile(path: folder["zeros"]).shareOfZeroChannels() == 4.0 / 6)
    }

    @Test func aNewerVersionIsRefusedWithWords() throws {
        for (metadata, words) in [
            (["format": "padim statistics", "version": "4", "header": "{}"], "newer release"),
            (["format": "padim statistics", "header": "{}"], "does not say which version"),
            (["format": "padim model", "version": "1", "header": "{}"], "is not a file of padim statistics"),
            (["format": "padim statistics", "version": "1", "header": "{}"], "header cannot be read"),
            (["format": "padim statistics", "version": "1"], "no header"),
        ] {
            let tensor = try TensorDescription(name: "x", type: .i64, shape: [1])
            try SafetensorsWriter(path: folder["new"], tensors: [tensor], metadata: metadata).commit()
            do {
                _ = try StatisticsFile(path: folder["new"])
                Issue.record("was read")
            } catch let error as GaussianError {
                #expect(error.description.contains(words) && error.description.contains(folder["new"]))
            }
        }
    }

    @Test func aHeaderThatDoesNotFitItsSumsIsRefused() throws {
        let file = try sample.file(folder["a"])
        let small = Sample(images: 2, patches: 2, dimension: 6, seed: 1)
        let safetensors = try SafetensorsFile(path: try small.file(folder["b"]).path)
        _ = file
        var metadata = safetensors.metadata
        metadata["header"] = try SafetensorsFile(path: folder["a"]).metadata["header"]
        try SafetensorsWriter(path: folder["c"], tensors: safetensors.tensors, metadata: metadata).commit()
        #expect(throws: GaussianError.self) { try StatisticsFile(path: folder["c"]) }
    }
}
