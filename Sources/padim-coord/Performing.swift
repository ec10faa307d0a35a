import CoordinatorService
import Terminal

/// Runs a request, and sorts what goes wrong into exit statuses.
func perform(_ request: JobRequest, verbose: Bool) async throws {
    do {
        try await JobRunner(request, logger: Logs.logger("coord", verbose: verbose)).run { Output.say($0) }
    } catch JobError.wrongRequest(let reason) {
        throw WrongCommand(reason)
    }
}
