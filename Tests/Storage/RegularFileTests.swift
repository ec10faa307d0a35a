import Foundation
import Storage
import TestSupport
import Testing

@Suite struct RegularFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func whatIsNoFileIsRefusedAndNotHeld() throws {
        #expect(mkfifo(folder["pipe"], 0o600) == 0)
        for (path, reason) in [
            (folder["pipe"], "not a regular file"), (folder.path, "a folder"), ("/dev/null", "not a regular file"),
            (folder["missing"], "No such file"),
        ] {
            #expect { _ = try Digest(ofFile: path) } throws: { "\($0)".contains(reason) && "\($0)".contains(path) }
        }
    }

    @Test func aFolderThatIsRefusedIsClosed() throws {
        // More of them than a process may hold open.
        var limit = rlimit()
        #expect(getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
        for _ in 0...min(limit.rlim_cur, 100_000) {
            #expect { _ = try MappedFile(path: folder.path) } throws: { "\($0)".contains("a folder") }
        }
    }

    static let leasesWork = FileLease.works(in: FileManager.default.temporaryDirectory.path)

    @Test(.enabled(if: leasesWork)) func aFileThatAnotherProgramHoldsIsWaitedFor() throws {
        let path = try folder.file("held", [1, 2, 3])
        let lease = try #require(FileLease(path))
        let holder = Thread {
            while !lease.isAskedFor { usleep(1_000) }
            lease.release()
        }
        holder.start()
        #expect(try Digest(ofFile: path) == Digest(of: [1, 2, 3] as [UInt8]))
    }
}

@Suite struct TransientErrorTests {
    /// Fails with what a call on nothing sets, as often as it is told to.
    final class Attempts {
        var made = 0
        let code: Int32
        let failures: Int

        init(failures: Int, code: Int32) { (self.failures, self.code) = (failures, code) }

        func make() throws -> Int {
            made += 1
            guard made <= failures else { return made }
            errno = code
            throw StorageError.fromErrno("read", "an image")
        }
    }

    @Test(arguments: [EIO, ESTALE, EMFILE, ENOMEM]) func itIsOutlasted(code: Int32) throws {
        let attempts = Attempts(failures: 2, code: code)
        #expect(try TransientError.retry(pauses: [0, 0], attempts.make) == 3)
    }

    @Test func itIsNotOutlastedForEver() {
        let attempts = Attempts(failures: 9, code: EIO)
        #expect { try TransientError.retry(pauses: [0, 0], attempts.make) } throws: { "\($0)".contains("output error") }
        #expect(attempts.made == 3)
    }

    @Test(arguments: [ENOENT, EACCES, ENAMETOOLONG]) func theFilesOwnFaultIsToldAtOnce(code: Int32) {
        let attempts = Attempts(failures: 9, code: code)
        #expect(throws: StorageError.self) { try TransientError.retry(pauses: [0, 0], attempts.make) }
        #expect(attempts.made == 1)
    }
}
