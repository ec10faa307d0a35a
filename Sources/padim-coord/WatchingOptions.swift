import ArgumentParser
import Terminal

/// Where a job says how far it is.
struct WatchingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Show how far the job is on a page at this address, as 127.0.0.1:8080; port 0 lets the system choose a port. /api/status has the \
            same as JSON, /metrics for Prometheus. Other machines can look only if a token is given.
            """, valueName: "address:port"))
    var status: String?

    @Option(
        help: ArgumentHelp(
            "A file with a token of at least 16 characters, which who looks at the status must give.", valueName: "file"
        ), completion: .file())
    var statusTokenFile: String?

    @Flag(
        help: """
            Print an object of JSON a line on standard output, for scripts: started, message, stage, progress, failure, done and others. The \
            log stays on standard error.
            """)
    var json = false

    @Flag(name: .shortAndLong, help: "Log more.")
    var verbose = false

    @Flag(name: .shortAndLong, help: "Log warnings and errors only, and no progress.")
    var quiet = false

    var verbosity: Verbosity { Verbosity(quiet: quiet, verbose: verbose) }

    func validate() throws {
        try Verbosity.requireOne(quiet: quiet, verbose: verbose)
        if statusTokenFile != nil, status == nil { throw ValidationError("--status-token-file goes with --status") }
    }
}
