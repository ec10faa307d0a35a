import CoordinatorService
import JobPlanning
import Terminal

/// Runs a request, with what it says on standard output and in the log.
func perform(_ request: JobRequest, verbose: Bool) async throws {
    try await JobRunner(request, logger: Logs.logger("coord", verbose: verbose)).run { Output.printLine($0) }
}
