import Foundation

/// A peer that stays: it says when it is ready, then runs once for every line that it gets and answers with the seconds.
final class PeerProcess {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    /// What it says of itself.
    private(set) var name = ""

    /// - Throws: `BenchmarkError` where it does not come up.
    init(_ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let words = try line().split(separator: " ")
        guard words.first == "ready" else {
            throw BenchmarkError(
                "'\(arguments.joined(separator: " "))' said '\(words.joined(separator: " "))', not 'ready'")
        }
        name = words.dropFirst().joined(separator: " ")
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Runs once.
    func run() throws -> Double {
        try input.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
        let answer = try line()
        guard let seconds = Double(answer) else { throw BenchmarkError("\(name) answered '\(answer)'") }
        return seconds
    }

    private func line() throws -> String {
        var bytes: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
            bytes.append(byte)
        }
        guard !bytes.isEmpty else { throw BenchmarkError("a peer ended without an answer; see its message above") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
