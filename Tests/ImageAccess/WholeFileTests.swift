import Foundation
import ImageAccess
import Storage
import TestSupport
import Testing

@Suite struct WholeFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func aFileIsReadWholeUpToTheLimit() throws {
        let path = try folder.file("a", [1, 2, 3])
        #expect(try ImageReader.standard.read(.file(path), limit: 3) == [1, 2, 3])
        #expect(throws: ImageAccessError(path, "the file is too large: 3 bytes, where at most 2 are read")) {
            try ImageReader.standard.read(.file(path), limit: 2)
        }
    }

    @Test func whatIsNoFileIsSaid() throws {
        let empty = try folder.file("empty", [])
        #expect(throws: ImageAccessError(empty, "the file is empty")) {
            try ImageReader.standard.read(.file(empty), limit: 9)
        }
        #expect(throws: ImageAccessError(folder.path, "a folder, not a file")) {
            try ImageReader.standard.read(.file(folder.path), limit: 9)
        }
        #expect(throws: ImageAccessError("a\0", "not a file name")) {
            try ImageReader.standard.read(.file("a\0"), limit: 9)
        }
    }
}
