import Cluster
import CoordinatorService
import Foundation
import Gaussian
import JobRules
import Journal
import Storage
import TestSupport
import Testing

/// Files of sums that are changed, replaced or obstructed while the coordinator works with them: an error, and never other sums.
@Suite struct ChangedSumsTests {
    let job: JobWithSums
    let upload: UploadID = 77

    init() throws { job = try JobWithSums() }

    private var path: String { job.path("77.safetensors") }

    private func cut(_ path: String, to size: Int) { truncate(path, off_t(size)) }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: job.path("")).sorted()
    }

    // MARK: between the first look and the examination

    @Test func aFileThatIsReplacedWhileItIsExaminedIsNotAdopted() throws {
        let record = try job.files.adoptPartial(upload, job.write(to: path))
        _ = try job.write(to: path, sums: [6, 6])
        #expect {
            try job.files.faultOfSums(inPartial: record.file, fingerprint: nil)
        } throws: { $0 is NotAsWritten && "\($0)".contains("changed, or replaced") }
    }

    @Test func aFileThatIsCutShortWhileItIsExaminedIsNotAdopted() throws {
        let written = try job.write(to: path)
        let record = try job.files.adoptPartial(upload, written)
        cut(path, to: Int(written.byteCount) - 8)
        #expect {
            try job.files.faultOfSums(inPartial: record.file, fingerprint: nil)
        } throws: { $0 is NotAsWritten && "\($0)".contains("ends at byte") }
    }

    // MARK: before the worker has synced it

    private var temporary: String { path + ".aB3dE9" }

    @Test func whatIsSeenAheadIsWhatIsFoundLater() throws {
        for (examined, (product, isFault)) in [(Int64(2), false), (5, true)].enumerated() {
            let written = try job.write(to: temporary, product: product)
            job.files.lookAhead(upload, file: "77.safetensors.aB3dE9")
            #expect(job.files.sumsExamined == examined + 1)
            rename(temporary, path)
            let record = try job.files.adoptPartial(upload, written)
            #expect(try (job.files.faultOfSums(inPartial: record.file, fingerprint: nil) != nil) == isFault)
            #expect(job.files.sumsExamined == examined + 1, "nobody reads them again")
        }
    }

    /// A worker that lets the coordinator look at other sums than it hands over.
    @Test func anotherFileThanWasSeenAheadIsExamined() throws {
        _ = try job.write(to: temporary)
        job.files.lookAhead(upload, file: "77.safetensors.aB3dE9")
        #expect(job.files.sumsExamined == 1)
        let record = try job.files.adoptPartial(upload, job.write(to: path, product: 5))
        #expect(try job.files.faultOfSums(inPartial: record.file, fingerprint: nil) != nil)
    }

    @Test(arguments: [
        "78.safetensors.aB3dE9", "77.safetensors", "../77.safetensors.aB3dE9", "77.safetensors.a/b/cd", "",
    ])
    func aNameThatIsNotTheUploadsIsPassedOver(name: String) throws {
        for name in ["78.safetensors.aB3dE9", "77.safetensors"] { _ = try job.write(to: job.path(name), product: 5) }
        job.files.lookAhead(upload, file: name)
        #expect(job.files.sumsExamined == 0)
        let record = try job.files.adoptPartial(upload, job.write(to: path))
        #expect(try job.files.faultOfSums(inPartial: record.file, fingerprint: nil) == nil)
    }

    // MARK: after the commit

    /// Sums of as many images, sound in themselves, and not those that count.
    @Test func committedSumsAreComparedWithTheRecord() throws {
        let record = try job.files.adoptPartial(upload, job.write(to: path))
        let other = try job.files.adoptPartial(78, job.write(to: job.path("78.safetensors")))
        #expect(try job.files.addUp([record, other], into: "sum").images == 4)
        _ = try job.write(to: path, sums: [6, 6])
        let use: [() throws -> Any?] = [
            { try job.files.addUp([record, other], into: "again") },
            { try job.files.subtract([record], from: [record, other], into: "rest") },
        ]
        for act in use { #expect(throws: GaussianError.self) { try act() } }
        #expect(job.files.damage(of: record)?.contains("is another one than the job committed") == true)
        _ = try job.write(to: path, images: 3)
        for act in use { #expect(throws: GaussianError.self) { try act() } }
        #expect(job.files.damage(of: record)?.contains("holds 3 images") == true)
        #expect(try names() == ["77.safetensors", "78.safetensors", "sum"])
    }

    @Test func aCommittedFileThatIsALinkIsNotRead() throws {
        let record = try job.files.adoptPartial(upload, job.write(to: path))
        rename(path, job.path("elsewhere"))
        symlink(job.path("elsewhere"), path)
        #expect(throws: StorageError.self) { try job.files.addUp([record], into: "sum") }
    }

    @Test func aCommittedFileThatIsCutShortIsAnError() throws {
        let written = try job.write(to: path)
        let record = try job.files.adoptPartial(upload, written)
        cut(path, to: Int(written.byteCount) - 8)
        #expect(throws: (any Error).self) { try job.files.addUp([record], into: "sum") }
        #expect(job.files.damage(of: record) != nil)
    }

    // MARK: what this machine refuses

    /// The worker has done nothing wrong where the coordinator's user may not read the file.
    @Test func aFileThatMayNotBeReadIsNoFaultOfTheWorker() throws {
        let written = try job.write(to: path)
        chmod(path, 0)
        try withoutPrivileges {
            #expect {
                try job.files.adoptPartial(upload, written)
            } throws: { ($0 as? StorageError)?.isEnvironmental == true && "\($0)".contains(path) }
        }
    }

    /// Checks of rights are by this number, which is a thread's own.
    private func withoutPrivileges(_ body: () throws -> Void) throws {
        typealias SetUser = @convention(c) (UInt32) -> Int32
        let symbol = try #require(dlsym(nil, "setfsuid"))
        let setUser = unsafeBitCast(symbol, to: SetUser.self)
        let before = setUser(65_534)
        defer { _ = setUser(UInt32(before)) }
        try body()
    }

    // MARK: what is in the way

    @Test func foldersAndLinksInTheWayGiveAnotherName() throws {
        mkdir(path, 0o777)
        symlink("/dev/null", job.path("2-77.safetensors"))
        try job.files.createPartial(upload, images: 2, samples: 2, clamped: 0)
        let bytes = JobWithSums.record().withUnsafeBytes { Array($0) }
        for patch in 0..<3 { try job.files.write(bytes, patches: patch..<patch + 1, toPartial: upload) }
        let record = try job.files.namePartial(upload)
        #expect(record.file == "3-77.safetensors" && job.files.damage(of: record) == nil)
        mkdir(job.path("sum"), 0o777)
        let sum = try job.files.addUp([record, record], into: "sum")
        #expect(sum.file == "2-sum" && job.files.damage(of: sum) == nil)
        mkdir(job.path("rest"), 0o777)
        let rest = try #require(try job.files.subtract([record], from: [sum], into: "rest"))
        #expect(rest.file == "2-rest" && rest.digest == record.digest && job.files.damage(of: rest) == nil)
    }

    @Test func whereAllNamesAreTakenItSaysSo() throws {
        for number in 1...16 { mkdir(job.path((number == 1 ? "" : "\(number)-") + "77.safetensors"), 0o777) }
        #expect {
            try job.files.createPartial(upload, images: 2, samples: 2, clamped: 0)
        } throws: { "\($0)".contains("remove what is not the job's") && "\($0)".contains(path) }
    }

    // MARK: sums that nobody waits for

    /// A worker that was taken for dead says that it wrote what the coordinator has committed since.
    @Test func whatTheJournalNamesIsNotRemoved() throws {
        let journal = try job.journal(images: 2)
        var archive = ArchiveWork(journal: journal, files: job.files)
        func perform(_ steps: [ArchiveStep]) throws {
            for step in steps { _ = try archive.perform(step) }
        }
        let written = try job.write(to: path)
        let shard = try #require(try journal.shards(.normal).first?.id)
        try perform(
            ArchiveOrder.commitPartial(
                upload: upload, shards: [shard], role: .normal, failures: [], contents: [:], written: written
            ).steps)
        _ = try job.write(to: job.path("78.safetensors"))
        for upload: UploadID in [77, 78] { try perform(ArchiveOrder.dropPartial(upload: upload).steps) }
        #expect(try names() == ["77.safetensors"])
        #expect(try journal.partials().map(\.record.file) == ["77.safetensors"])
    }
}
