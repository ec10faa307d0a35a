import Foundation

/// A server in a process of its own (`serve.py`), on loopback. It ends with this object, and with this process.
public final class ServerProcess: @unchecked Sendable {
    private let process = Process()
    private let input = Pipe()
    private let facts: [String: String]

    private static let shared = Result { try ServerProcess(["s3"]) }

    /// An S3 server, which keeps everything in memory: one for all tests, each of which has buckets of its own.
    public static func s3() throws -> ServerProcess { try shared.get() }

    /// nginx, which serves the files of a folder.
    public static func web(_ folder: String) throws -> ServerProcess { try ServerProcess(["web", folder]) }

    private init(_ arguments: [String]) throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("serve.py").path
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [Self.python, script] + arguments
        process.standardInput = input
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        var text = ""
        while !text.contains("ready\n") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw Failure(arguments: arguments) }
            text += String(decoding: data, as: UTF8.self)
        }
        var facts: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            if words.count == 2 { facts[String(words[0])] = String(words[1]) }
        }
        self.facts = facts
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// `http://127.0.0.1:PORT`
    public var address: String { "http://127.0.0.1:" + (facts["http"] ?? "") }
    public var port: Int { facts["http"].flatMap { Int($0) } ?? 0 }
    /// `https://localhost:PORT`, of a web server.
    public var encryptedAddress: String { "https://localhost:" + (facts["https"] ?? "") }
    /// The file of the certificate that a client of it has to trust.
    public var certificate: String { facts["trust"] ?? "" }

    /// The Python that has moto: that of the cache, which `scripts/setup --checks` makes where the usual one has none.
    private static let python: String = {
        let environment = ProcessInfo.processInfo.environment
        let cache =
            environment["PADIM_CACHE"] ?? environment["XDG_CACHE_HOME"].map { $0 + "/padim" }
            ?? NSHomeDirectory() + "/.cache/padim"
        let own = cache + "/python/bin/python3"
        return FileManager.default.isExecutableFile(atPath: own) ? own : "python3"
    }()

    private struct Failure: Error, CustomStringConvertible {
        let arguments: [String]

        var description: String {
            "the server '\(arguments.joined(separator: " "))' of Tests/Servers/serve.py did not start; scripts/setup --checks installs what it needs"
        }
    }
}
