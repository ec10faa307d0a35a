import CoordinatorService
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct BlobStoreTests {
    /// A worker has a working directory of its own, so what it is told must not depend on the coordinator's.
    @Test func workersAreToldAbsolutePaths() throws {
        let folder = try TemporaryFolder()
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: folder["weights"]))
        let here = FileManager.default.currentDirectoryPath
        let up = String(repeating: "../", count: here.split(separator: "/").count)
        var blobs = BlobStore()
        let blob = try blobs.add(up + folder["weights"].dropFirst())
        #expect(blob.path.hasPrefix("/") && blob.digest == Digest(of: [1, 2, 3]) && blob.byteCount == 3)
        #expect(try Digest(ofFile: blob.path) == blob.digest)
    }
}
