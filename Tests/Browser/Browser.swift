import Foundation
import TestSupport

/// A page in a real browser: the system's Chromium, without a window, driven by Playwright (`browser.py`).
public enum Browser {
    /// What a scenario returned, and what the browser noticed meanwhile.
    public struct Visit<Result: Decodable>: Decodable {
        public let result: Result
        /// Errors and warnings of scripts and of the page's policy.
        public let faults: [String]
        /// Requests for anything that is no file, nor lies beside the page.
        public let requests: [String]
    }

    /// What readers do with a report.
    public static let reportScenarios = folder.appendingPathComponent("report.py").path

    /// What somebody sees who looks at a running job.
    public static let statusScenarios = folder.appendingPathComponent("status.py").path

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameters:
    ///   - scenarios: a file of Python with a function of that name, which gets Playwright's page and the arguments.
    ///   - page: its file, or an address on this machine.
    public static func visit<Result: Decodable>(
        _ page: String, _ name: String, of scenarios: String, _ arguments: [String] = [], as: Result.Type = Result.self
    ) throws -> Visit<Result> {
        let script = folder.appendingPathComponent("browser.py")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [TestPython.path, script.path, scenarios, name, page] + arguments
        let (output, errors) = (
            Pipe(), FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        )
        try Data().write(to: errors)
        defer { try? FileManager.default.removeItem(at: errors) }
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let words = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
            throw Failure(
                description:
                    "the scenario \(name) failed (scripts/setup --checks installs what it needs): \(words.suffix(3_000))"
            )
        }
        return try JSONDecoder().decode(Visit<Result>.self, from: answer)
    }
}
