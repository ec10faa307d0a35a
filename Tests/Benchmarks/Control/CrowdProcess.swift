import Foundation
import Storage

/// A process that plays workers.
final class CrowdProcess {
    private let process = Process()
    private let commands = Pipe()
    private let latest = Locked(PlayedWorker.Counts())

    init(workers: Int, leases: Int?, name: String, endpoint: String, keys: String?) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments =
            ["play", "--connect", endpoint, "--workers", "\(workers)", "--name", name]
            + (keys.map { ["--keys", $0] } ?? []) + (leases.map { ["--leases", "\($0)"] } ?? [])
        process.standardInput = commands
        process.standardOutput = output
        try process.run()
        let latest = latest
        Thread {
            var rest = ""
            while case let data = output.fileHandleForReading.availableData, !data.isEmpty {
                rest += String(decoding: data, as: UTF8.self)
                let lines = rest.split(separator: "\n", omittingEmptySubsequences: false)
                rest = lines.last.map(String.init) ?? ""
                guard let numbers = lines.dropLast().last?.split(separator: " ").compactMap({ Int($0) }),
                    numbers.count == 4
                else { continue }
                latest.withLock {
                    $0 = PlayedWorker.Counts(
                        sessions: numbers[0], prepared: numbers[1], dealt: numbers[2], acknowledged: numbers[3])
                }
            }
        }.start()
    }

    var counts: PlayedWorker.Counts { latest.withLock { $0 } }

    /// Processor time so far, in seconds.
    var processorTime: Double { ProcessFigures(process.processIdentifier).processorTime }

    func work() { try? commands.fileHandleForWriting.write(contentsOf: Data("work\n".utf8)) }

    /// Ends it without a word to anybody.
    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
