import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite struct ZipDamageTests {
    /// The archive's checksums catch numbers that were changed; PyTorch's own form has no other guard.
    @Test func changedNumbersAreNoticed() throws {
        let folder = try TemporaryFolder()
        var bytes = try Fixture.bytes("linear-zip.pth")
        let original = try Checkpoint.open(Fixture.path("linear-zip.pth"))
        // The storages stand at multiples of 64; change a byte in one after the other.
        var noticed = 0
        for place in stride(from: 0, to: bytes.count, by: 64) {
            bytes[place] ^= 1
            let path = try folder.file("changed.pth", bytes)
            bytes[place] ^= 1
            do {
                let checkpoint = try Checkpoint.open(path)
                for name in original.names {
                    #expect(try checkpoint.floats(name) == original.floats(name), "a change passed unnoticed")
                }
            } catch let error as CheckpointError {
                if error.description.contains("does not match its checksum") { noticed += 1 }
            }
        }
        #expect(noticed >= 2)
    }
}
