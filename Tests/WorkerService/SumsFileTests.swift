import Cluster
import Foundation
import Gaussian
import Settings
import Storage
import TestSupport
import Testing
import WorkerService

/// A worker's sums in the job's directory: under the name that the coordinator chose, whole or not at all, and only while the job goes on.
@Suite struct SumsFileTests {
    let folder: TemporaryFolder
    let shared: SharedFolder
    let space: FeatureSpace

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder["job/partials"], withIntermediateDirectories: true)
        try DurableFile.write(Array("1".utf8), to: folder["job/probe"])
        shared = SharedFolder(directory: folder["job"], probe: "probe", probeValue: "1")
        space = try FeatureSpace(
            backbone: "none", weights: Digest(of: [1]), layers: ["a"], channels: [0, 1],
            input: InputSettings(height: 1, width: 3), gridHeight: 1, gridWidth: 3,
            grid: FixedPointGrid(layerChannels: [2], kept: [0, 1]))
    }

    /// Of two images.
    private func sums() throws -> Statistics {
        let sums = try Statistics(patches: 3, dimension: 2)
        let rows: [Int32] = [1, 2, -3, 4, 5, -6, 7, 8, 9, 10, 11, -12]
        try rows.withUnsafeBufferPointer {
            try sums.fold(try #require($0.baseAddress), images: 2, patches: 0..<3)
        }
        sums.didFold(images: 2, clamped: 1)
        return sums
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder["job/partials"]).sorted()
    }

    @Test func theFileIsWhatTheWorkerSays() throws {
        let file = try #require(SumsFile(in: shared, space: space))
        let sums = try sums()
        let written = try file.write(sums, as: 77)
        #expect(try names() == ["77.safetensors"])
        let rights = try FileManager.default.attributesOfItem(atPath: folder["job/partials/77.safetensors"])
        #expect(rights[.posixPermissions] as? Int == 0o644)
        let path = folder["job/partials/77.safetensors"]
        let found = try StatisticsFile(path: path, followsLinks: false)
        try found.verify()
        let header = try StatisticsHeader(space: space, count: 2, clamped: 1)
        #expect(found.header == header)
        let byteCount = try Data(contentsOf: URL(fileURLWithPath: path)).count
        let expected = WrittenSums(
            images: 2, clamped: 1, samples: 2, byteCount: Int64(byteCount), digest: found.contentDigest())
        #expect(written == expected)
        // What the coordinator makes of the same sums, sent in chunks, has the same bytes.
        let writer = try StatisticsFileWriter(path: folder["sent"], header: found.header)
        try sums.withChunk(patches: 0..<1) { try writer.write($0, patches: 0..<1) }
        try sums.withChunk(patches: 1..<3) { try writer.write($0, patches: 1..<3) }
        #expect(try writer.commit() == written.digest)
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: folder["sent"])) == Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test func whereTheJobIsNotSeenNothingIsWritten() throws {
        #expect(SumsFile(in: nil, space: space) == nil)
        for other in [
            SharedFolder(directory: folder["elsewhere"], probe: "probe", probeValue: "1"),
            SharedFolder(directory: folder["job"], probe: "other", probeValue: "1"),
            SharedFolder(directory: folder["job"], probe: "probe", probeValue: "2"),
        ] { #expect(SumsFile(in: other, space: space) == nil) }
        try FileManager.default.removeItem(atPath: folder["job/partials"])
        #expect(SumsFile(in: shared, space: space) == nil)
    }

    /// It stood still, and comes back to a job that is over, that another coordinator goes on with, or whose session is.
    @Test(arguments: [nil, "2", "void"]) func whoComesLateLeavesNothing(value: String?) throws {
        let file = try #require(SumsFile(in: shared, space: space))
        unlink(folder["job/probe"])
        if let value { try DurableFile.write(Array((value == "void" ? "1" : value).utf8), to: folder["job/probe"]) }
        #expect {
            try file.write(sums(), as: 77) { value == "void" }
        } throws: { "\($0)".contains("is over") }
        #expect(try names() == [])
    }

    /// Then the worker sends them.
    @Test func aFolderInItsPlaceIsAnErrorAndLeavesNothing() throws {
        mkdir(folder["job/partials/77.safetensors"], 0o777)
        let file = try #require(SumsFile(in: shared, space: space))
        #expect { try file.write(sums(), as: 77) } throws: { "\($0)".contains("no regular file") }
        #expect(try names() == ["77.safetensors"])
    }

    @Test func aLinkInItsPlaceIsNotFollowed() throws {
        try DurableFile.write([1, 2], to: folder["precious"])
        symlink(folder["precious"], folder["job/partials/77.safetensors"])
        let file = try #require(SumsFile(in: shared, space: space))
        _ = try file.write(sums(), as: 77)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder["precious"])) == Data([1, 2]))
        #expect(throws: Never.self) {
            try StatisticsFile(path: folder["job/partials/77.safetensors"], followsLinks: false)
        }
        symlink(folder["job/partials/77.safetensors"], folder["link"])
        #expect(throws: (any Error).self) { try StatisticsFile(path: folder["link"], followsLinks: false) }
    }
}
