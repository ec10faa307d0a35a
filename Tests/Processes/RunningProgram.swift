import Foundation

/// A program of this package, started as a user would.
public final class RunningProgram: @unchecked Sendable {
    private let process = Process()
    private let output = Pipe()
    private let errors = Pipe()
    private let lock = NSLock()
    private var outputText = ""
    private var errorText = ""
    private let ended = DispatchSemaphore(value: 0)
    private let readers = DispatchGroup()

    /// - Parameter name: padim, padim-coord or padim-worker, beside the tests; or a path.
    public init(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws {
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

    public static func path(of name: String) throws -> String {
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

    public var standardOutput: String { lock.withLock { outputText } }
    public var standardError: String { lock.withLock { errorText } }
    public var id: Int32 { process.processIdentifier }

    public var isRunning: Bool { process.isRunning }

    /// The processes that a process has started and that are not done, whichever thread started them.
    public static func children(of id: Int32) -> [Int32] {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/task")) ?? []
        return threads.flatMap { thread in
            let children = try? String(contentsOfFile: "/proc/\(id)/task/\(thread)/children", encoding: .utf8)
            return children?.split(separator: " ").compactMap { Int32($0) } ?? []
        }
    }

    /// The workers that a coordinator started and that run, also where it has ended.
    public static func orphans(of id: Int32) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { process in
            let command = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
            return command.contains("--exit-with-parent\0\(id)\0")
        }
    }

    /// Waits for the end.
    /// - Returns: the exit status, or 128 + the signal that ended it; -1 if it did not end by itself and was killed.
    public func wait(atMost seconds: Int = TestTimeout.seconds) -> Int32 {
        guard ended.wait(timeout: .now() + .seconds(seconds)) == .success else {
            lock.withLock { errorText += "still running after \(seconds) s\n" }
            kill(id, SIGKILL)
            return -1
        }
        ended.signal()
        // Children that outlive it hold its pipes open; what it said itself is there.
        _ = readers.wait(timeout: .now() + 1)
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    /// The endpoint that a coordinator says it listens on.
    public var endpoint: String? {
        guard waitUntil({ $0.contains("listening on ") }) else { return nil }
        return standardOutput.split(separator: "\n").first { $0.hasPrefix("listening on ") }.map {
            String($0.dropFirst("listening on ".count))
        }
    }

    /// Waits until the program has said something.
    public func waitUntil(_ says: @escaping (String) -> Bool, atMost seconds: Double = Double(TestTimeout.seconds))
        -> Bool
    {
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
public func run(_ name: String, _ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
    let program = try RunningProgram(name, arguments)
    let status = program.wait()
    return (status, program.standardOutput, program.standardError)
}
