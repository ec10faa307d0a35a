import CoordinatorService
import JobPlanning
import Terminal

/// Runs a request, with what it says on standard output and in the log.
func perform(_ request: JobRequest, _ options: JobOptions) async throws {
    var request = request
    request.status = options.watching.status.map {
        StatusRequest(address: $0, tokenFile: options.watching.statusTokenFile)
    }
    request.repetition = try Invocation.repetition(at: JobRequest.repetitionPath(in: request.directory))
    let runner = JobRunner(request, logger: Logs.logger("coord", options.watching.verbosity))
    if options.watching.json {
        try await runner.run(inJSON: { Output.printLine($0) })
    } else {
        try await runner.run(announce: { Output.printLine($0) })
    }
}
