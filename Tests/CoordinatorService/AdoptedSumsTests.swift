import Cluster
import CoordinatorService
import Foundation
import Gaussian
import JobRules
import Journal
import Storage
import TestSupport
import Testing

/// Files of sums that workers say they wrote: what is another than they say is not adopted, whatever it is.
@Suite struct AdoptedSumsTests {
    let job: JobWithSums
    let upload: UploadID = 77

    init() throws { job = try JobWithSums() }

    private var folder: TemporaryFolder { job.folder }
    private var files: JobDirectoryFiles { job.files }
    private var path: String { job.path("77.safetensors") }

    private func write(_ space: FeatureSpace? = nil, to path: String? = nil, product: Int64 = 2) throws -> WrittenSums {
        try job.write(space, to: path ?? self.path, product: product)
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
        #expect(try files.faultOfSums(inPartial: record.file, fingerprint: nil) == nil)
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
        isRefused(try write(JobWithSums.space(width: 4)), "header")
        isRefused(with(byteCount: 1 << 40), "no file of")
        let empty = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try empty.truncate(atOffset: 1 << 23)
        try empty.close()
        isRefused(with(byteCount: 1 << 23), "do not take")
        unlink(path)
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
        #expect(try files.faultOfSums(inPartial: record.file, fingerprint: nil) != nil)
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
        #expect(throws: NotAsWritten.self) { try files.faultOfSums(inPartial: record.file, fingerprint: nil) }
    }
}
