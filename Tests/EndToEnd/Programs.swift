import Foundation
import Testing

/// A program of this package, started as a user would.
final class RunningProgram: @unchecked Sendable {
    let process = Process()
    private let output = Pipe()
    private let errors = Pipe()
    private let lock = NSLock()
    private var outputText = ""
    private var errorText = ""
    private let ended = DispatchSemaphore(value: 0)
    private let readers = DispatchGroup()

    /// - Parameter name: padim, padim-coord or padim-worker, beside the tests; or a path.
    init(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        process.executableURL = URL(fileURLWithPath: try Self.path(of: name))
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        process.terminationHandler = { [ended] _ in ended.signal() }
        try process.run()
        read(output) { $0.outputText += $1 }
        read(errors) { $0.errorText += $1 }
    }

    static func path(of name: String) throws -> String {
        if name.hasPrefix("/") { return name }
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return (tests as NSString).deletingLastPathComponent + "/" + name
    }

    private func read(_ pipe: Pipe, _ add: @escaping @Sendable (RunningProgram, String) -> Void) {
        readers.enter()
        Thread { [self] in
            while case let data = pipe.fileHandleForReading.availableData, !data.isEmpty {
                lock.withLock { add(self, String(decoding: data, as: UTF8.self)) }
            }
            readers.leave()
        }.start()
    }

    var standardOutput: String { lock.withLock { outputText } }
    var standardError: String { lock.withLock { errorText } }
    var id: Int32 { process.processIdentifier }

    /// Waits for the end.
    /// - Returns: the exit status, or 128 + the signal that ended it.
    func wait(atMost seconds: Int = 120) -> Int32 {
        guard ended.wait(timeout: .now() + .seconds(seconds)) == .success else {
            kill(id, SIGKILL)
            Issue.record("still running after \(seconds) s; it said: \(standardError)")
            return -1
        }
        // Children that outlive it hold its pipes open; what it said itself is there.
        _ = readers.wait(timeout: .now() + 1)
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    /// Waits until the program has said something.
    func waitUntil(_ says: @escaping (String) -> Bool, atMost seconds: Double = 60) -> Bool {
        let deadline = Date() + seconds
        while Date() < deadline {
            if says(standardOutput + standardError) { return true }
            if !process.isRunning { return says(standardOutput + standardError) }
            usleep(5_000)
        }
        return false
    }
}

/// Runs a program to its end.
func run(_ name: String, _ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
    let program = try RunningProgram(name, arguments)
    let status = program.wait()
    return (status, program.standardOutput, program.standardError)
}
