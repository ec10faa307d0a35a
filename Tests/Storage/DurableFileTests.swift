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

    @Test func whatIsPublishedIsReplaced() throws {
        for bytes in [[1, 2, 3], [1, 2, 4]] as [[UInt8]] {
            try DurableFile.publish(bytes, to: folder + "/map")
            #expect(try MappedFile(path: folder + "/map").withBytes { Array($0) } == bytes)
        }
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

    @Test func leftoversAreThoseThatNobodyWrites() throws {
        let living = try DurableFile(path: folder + "/map.png")
        let names = ["map.png.aB3xY9", "below/map.png.000000", "map.png", "other.txt.aB3xY9", "map.png.aB3x-9"]
        try Folder.create(folder + "/below")
        for name in names { try Data().write(to: URL(fileURLWithPath: folder + "/" + name)) }
        DurableFile.removeLeftovers(inside: folder) { $0.suffix(4).elementsEqual(".png".utf8) }
        let left = Set(try FileManager.default.subpathsOfDirectory(atPath: folder))
        let others: Set = ["below", "map.png", "other.txt.aB3xY9", "map.png.aB3x-9"]
        #expect(left.isSuperset(of: others))
        #expect(left.count == others.count + 1, "and the one that is being written: \(left)")
        try living.commit()
        try Data().write(to: URL(fileURLWithPath: folder + "/map.png.aB3xY9"))
        DurableFile.removeLeftovers(of: folder + "/map.png")
        #expect(!FileManager.default.fileExists(atPath: folder + "/map.png.aB3xY9"))
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test func noFileTakesThePlaceOfAPipe() throws {
        #expect(mkfifo(folder + "/pipe", 0o600) == 0)
        #expect { _ = try DurableFile(path: folder + "/pipe") } throws: { "\($0)".contains("no regular file") }
        // Nor does anybody wait for one.
        #expect(throws: StorageError.self) { try MappedFile(path: folder + "/pipe") }
        #expect(throws: StorageError.self) { try Digest(ofFile: folder + "/pipe") }
        #expect(throws: StorageError.self) { try PinnedFile(path: folder + "/pipe") }
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test func aPinnedFileIsTheOneThatWasOpened() throws {
        let path = folder + "/model"
        try DurableFile.write([1, 2, 3, 4], to: path)
        let held = try PinnedFile(path: path)
        // Another one in its place is nobody's harm.
        try DurableFile.write([5, 6, 7, 8], to: path)
        try held.requireUnchanged()
        #expect(try held.bytes(at: 1, count: 2) == [2, 3])
        let second = try PinnedFile(path: path)
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.truncate(atOffset: 2)
        #expect { try second.requireUnchanged() } throws: { "\($0)".contains(path) }
        #expect(throws: StorageError.self) { try second.bytes(at: 1, count: 2) }
        try FileManager.default.removeItem(atPath: folder)
    }
}
