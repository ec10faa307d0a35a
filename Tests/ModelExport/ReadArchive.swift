import Foundation
import TestSupport
import Testing

/// What check_archives.py finds in a file.
struct ReadArchive: Decodable {
    struct Array: Decodable {
        let type: String
        let shape: [Int]
        /// Numbers that are not finite are -1. None of an array of more than 8,192.
        let values: [Double]
        /// The SHA-256 of its bytes.
        let digest: String
    }

    let plain: String
    let arrays: [String: Array]

    static func read(_ kind: String, _ path: String) throws -> ReadArchive {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let script = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/check_archives.py").path
        process.arguments = [TestPython.path, script, kind, path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "check_archives.py failed")
        return try JSONDecoder().decode(ReadArchive.self, from: data)
    }

    func array(_ name: String, _ type: String, _ shape: [Int]) throws -> [Double] {
        let array = try #require(arrays[name], "\(name) is not there")
        #expect(array.type == type && array.shape == shape, "\(name): \(array.type) \(array.shape)")
        return array.values
    }
}
