/// Why a job cannot begin or cannot go on, in words that say what to do.
public enum JobError: Error, CustomStringConvertible, Sendable {
    /// The command asks for something that is not possible: exit status 2.
    case wrongRequest(String)
    /// The job failed: exit status 1. What was committed is safe.
    case failed(String)
    /// Somebody asked the job to stop. What was done is safe; the same command goes on with it.
    case stopped

    /// - Parameters:
    ///   - most: how many may be unusable.
    ///   - first: why the first of them cannot be used, where it is known.
    static func tooManyFailures(_ count: Int, most: Int, first: String? = nil) -> JobError {
        .failed(
            "\(count) images cannot be used\(reason(first)), and --max-bad-images allows \(most). What was done is safe. "
                + "If their folder was away, start the same command again; else allow more, or mend them and begin in another directory"
        )
    }

    static func noneUsable(first: String?) -> JobError {
        .failed("none of the list's images can be used\(reason(first))")
    }

    private static func reason(_ first: String?) -> String { first.map { " (the first: \($0))" } ?? "" }

    public var description: String {
        switch self {
        case .wrongRequest(let reason), .failed(let reason): reason
        case .stopped: "stopped; what was done is safe, the same command goes on with it"
        }
    }
}
