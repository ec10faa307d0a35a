import Foundation
import Storage
import Testing

@Suite struct DurableFileTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    @Test func committedIsThereWhole() throws {
        try DurableFile.write(Array("hello".utf8), to: folder + "/a")
        #expect(try MappedFile(path: folder + "/a").withBytes { Array($0) } == Array("hello".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test func theSameBytesArePublishedOnce() throws {
        let path = folder + "/map"
        func number() throws -> UInt64? {
            try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? UInt64
        }
        try DurableFile.publish([1, 2, 3], to: path)
        let first = try number()
        try DurableFile.publish([1, 2, 3], to: path)
        #expect(try number() == first)
        try DurableFile.publish([1, 2, 4], to: path)
        #expect(try MappedFile(path: path).withBytes { Array($0) } == [1, 2, 4])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["map"])
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test func droppedLeavesNothing() throws {
        do {
            let file = try DurableFile(path: folder + "/b")
            try Array("half".utf8).withUnsafeBytes { try file.write($0, at: 0) }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        try FileManager.default.removeItem(atPath: folder)
    }

    /// Also while many are made at a time; and the process's mask stays what it was.
    @Test func rightsAreThoseOfAnyNewFile() throws {
        let path = folder
        let descriptor = open(path + "/plain", O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
        #expect(descriptor >= 0)
        close(descriptor)
        DispatchQueue.concurrentPerform(iterations: 400) { number in
            try? DurableFile.publish([UInt8(truncatingIfNeeded: number)], to: path + "/\(number)")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        #expect(names.count == 401)
        let rights = try names.map {
            try FileManager.default.attributesOfItem(atPath: path + "/" + $0)[.posixPermissions] as? Int
        }
        let mask = try String(contentsOfFile: "/proc/self/status", encoding: .utf8).split(separator: "\n")
            .first { $0.hasPrefix("Umask:") }.flatMap { Int($0.dropFirst(6).drop { $0 == "\t" }, radix: 8) }
        #expect(Set(rights) == [0o666 & ~(try #require(mask))])
        try FileManager.default.removeItem(atPath: path)
    }

    @Test func aMissingFolderIsNamed() {
        #expect(throws: StorageError.self) { _ = try MappedFile(path: folder + "/none/c") }
        #expect { try DurableFile.write([1], to: folder + "/none/c") } throws: { "\($0)".contains("/none/c") }
    }

    @Test func digestsAreSHA256() throws {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(Digest(of: Array("abc".utf8)).hex == expected)
        #expect(Digest(hex: expected) == Digest(of: Array("abc".utf8)))
        #expect(Digest(hex: "ba78") == nil)
    }
}
