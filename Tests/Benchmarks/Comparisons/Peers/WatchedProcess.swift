import Foundation

/// A command whose own memory is watched while it runs, without that of the processes which it starts.
struct WatchedProcess {
    let command: [String]

    /// The most memory that it had: the kernel keeps that number, and it is read a hundred times a second.
    /// - Throws: `BenchmarkError` where it fails.
    func peakBytes() throws -> Double {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        var peak = 0.0
        while process.isRunning {
            peak = max(peak, Self.peakKilobytes(of: process.processIdentifier) ?? 0)
            usleep(10_000)
        }
        process.waitUntilExit()
        guard process.terminationStatus == 0, peak > 0 else {
            throw BenchmarkError("'\(command.joined(separator: " "))' failed; run it to see why")
        }
        return peak * 1024
    }

    private static func peakKilobytes(of process: Int32) -> Double? {
        let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
    }
}
