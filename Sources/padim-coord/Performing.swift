import CoordinatorService
import JobPlanning
import Terminal

/// Runs a request, with what it says on standard output and in the log.
func perform(_ request: JobRequest, _ options: JobOptions) async throws {
    var request = request
    request.status = options.status.map { StatusRequest(address: $0, tokenFile: options.statusTokenFile) }
    try await JobRunner(request, logger: Logs.logger("coord", verbose: options.verbose)).run { Output.printLine($0) }
}
