import Foundation

/// A process that answers each line on its input with a line on its output.
final class LineProcess {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(_ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// - Throws: `BenchmarkError` where the process ends instead.
    func answer(to line: String) throws -> String {
        try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
        return try nextLine()
    }

    /// - Throws: `BenchmarkError` where the process ends instead.
    func nextLine() throws -> String {
        var bytes: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
            bytes.append(byte)
        }
        guard !bytes.isEmpty else { throw BenchmarkError("a process ended without an answer; see its message above") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
