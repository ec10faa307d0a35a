import Cluster
import CoordinatorService
import Foundation
import Gaussian
import JobRules
import Journal
import Settings
import Storage
import TestSupport
import Testing

/// Files of sums that workers say they wrote: what is another than they say is not adopted, whatever it is.
@Suite struct AdoptedSumsTests {
    let folder: TemporaryFolder
    let files: JobDirectoryFiles
    let space: FeatureSpace
    let upload: UploadID = 77

    init() throws {
        folder = try TemporaryFolder()
        let directory = JobDirectory(folder["job"])
        try directory.create()
        try directory.createPartials()
        files = try JobDirectoryFiles(directory)
        space = try Self.space()
        files.expect(space, epsilon: 0.01)
    }

    private static func space(width: Int = 3) throws -> FeatureSpace {
        try FeatureSpace(
            backbone: "none", weights: Digest(of: [1]), layers: ["a"], channels: [0, 1],
            input: InputSettings(height: 1, width: width), gridHeight: 1, gridWidth: width,
            grid: FixedPointGrid(layerChannels: [2], kept: [0, 1]))
    }

    private var path: String { folder["job/partials/77.safetensors"] }

    /// Writes sums of two images.
    private func write(_ space: FeatureSpace? = nil, to path: String? = nil, product: Int64 = 2) throws -> WrittenSums {
        let space = space ?? self.space
        let header = try StatisticsHeader(space: space, count: 2, clamped: 0)
        let writer = try StatisticsFileWriter(path: path ?? self.path, header: header)
        let record: [Int64] = [2, 2, 4, product, 4]
        for patch in 0..<space.patches {
            try record.withUnsafeBytes { try writer.write($0, patches: patch..<patch + 1) }
        }
        let count = writer.byteCount
        return WrittenSums(
            images: 2, clamped: 0, samples: 2, byteCount: Int64(count), digest: try writer.commit())
    }

    private func isRefused(_ written: WrittenSums, _ words: String, _ place: SourceLocation = #_sourceLocation) {
        #expect(sourceLocation: place) {
            try files.adoptPartial(upload, written)
        } throws: { $0 is NotAsWritten && "\($0)".contains(words) }
    }

    @Test func whatIsAsTheySayIsAdopted() throws {
        let written = try write()
        let record = try files.adoptPartial(upload, written)
        #expect(record == PartialRecord(file: "77.safetensors", images: 2, clamped: 0, digest: written.digest))
        #expect(try files.faultOfSums(inPartial: record.file) == nil)
        #expect(files.damage(of: record) == nil)
        files.removeWritten(upload)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder["job/partials"]) == [])
        isRefused(written, "is not there")
    }

    @Test func anotherFileIsNot() throws {
        let written = try write()
        func with(images: Int64 = 2, clamped: Int64 = 0, byteCount: Int64? = nil, digest: Digest? = nil) -> WrittenSums
        {
            WrittenSums(
                images: images, clamped: clamped, samples: images, byteCount: byteCount ?? written.byteCount,
                digest: digest ?? written.digest)
        }
        isRefused(with(byteCount: written.byteCount - 1), "no file of")
        isRefused(with(digest: Digest(of: [1])), "another digest")
        isRefused(with(images: 3), "counts other images")
        isRefused(with(clamped: 1), "counts other images")
        isRefused(with(images: .max), "cannot be read")
        isRefused(try write(Self.space(width: 4)), "header")
        try DurableFile.write([UInt8](repeating: 7, count: Int(written.byteCount)), to: path)
        isRefused(written, "cannot be read")
    }

    @Test func linksAndFoldersAreNone() throws {
        let written = try write(to: folder["elsewhere"])
        symlink(folder["elsewhere"], path)
        isRefused(written, "no file of")
        unlink(path)
        mkdir(path, 0o777)
        isRefused(written, "no file of")
        rmdir(path)
        mkfifo(path, 0o666)
        isRefused(written, "no file of")
    }

    @Test func sumsThatNoImagesGiveAreFound() throws {
        let record = try files.adoptPartial(upload, write(product: -4))
        #expect(try files.faultOfSums(inPartial: record.file) != nil)
    }

    /// The checks in a file are its writer's: their digest does not say that they fit.
    @Test func sumsThatDoNotFitTheirChecksAreFound() throws {
        let written = try write()
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        // In the last record.
        try handle.seek(toOffset: UInt64(written.byteCount) - 8)
        try handle.write(contentsOf: [5])
        try handle.close()
        let record = try files.adoptPartial(upload, written)
        #expect(throws: NotAsWritten.self) { try files.faultOfSums(inPartial: record.file) }
    }
}
