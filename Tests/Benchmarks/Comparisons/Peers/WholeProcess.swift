import Foundation

/// A command from its start to its end.
struct WholeProcess {
    let command: [String]
    var environment: [String: String] = [:]

    /// Wall-clock seconds, and the largest memory of one of its processes in bytes.
    typealias Cost = (seconds: Double, peakBytes: Double)

    /// - Throws: `BenchmarkError` with the end of what it said, where it fails.
    func run(log: String) throws -> Cost {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        let all = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var arguments = command.map { strdup($0) } + [nil]
        var variables = all.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var identifier = pid_t()
        let start = ContinuousClock.now
        guard posix_spawnp(&identifier, command[0], &actions, nil, &arguments, &variables) == 0 else {
            throw BenchmarkError("'\(command[0])' cannot be started")
        }
        var status: Int32 = 0
        var usage = rusage()
        while wait4(identifier, &status, 0, &usage) < 0, errno == EINTR {}
        let seconds = start.duration(to: .now) / .seconds(1)
        guard status == 0 else {
            let said = (try? String(contentsOfFile: log, encoding: .utf8))?.suffix(1000) ?? ""
            throw BenchmarkError("'\(command.joined(separator: " "))' failed:\n\(said)")
        }
        return (seconds, Double(usage.ru_maxrss) * 1024)
    }
}
