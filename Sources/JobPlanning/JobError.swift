import Journal
import Terminal

/// Why a job cannot begin or cannot go on, in words that say what to do.
public enum JobError: StatusBearing, CustomStringConvertible, Sendable {
    /// The command asks for something that is not possible: exit status 2.
    case wrongRequest(String)
    /// The job failed: exit status 1. What was committed is safe.
    case failed(String)
    /// Somebody asked the job to stop. What was done is safe; the same command goes on with it.
    case stopped

    /// - Parameters:
    ///   - most: how many may be unusable.
    ///   - first: why the first of them cannot be used, where it is known.
    package static func tooManyFailures(_ count: Int, most: Int, first: String? = nil) -> JobError {
        .failed(
            "\(count) images cannot be used\(reason(first)), and --max-bad-images allows \(most). What was done is safe. Mend them, "
                + "or bring their folder back, and start the same command again: it tries the unreadable ones once more; or allow more"
        )
    }

    /// An inspection that is done and has its results, but not of as many images as it should.
    package static func tooManyUnusable(_ counts: ImageCounts, most: Int, directory: String) -> JobError {
        let poison =
            counts.poison > 0 ? ", but not the \(counts.poison) that ended the workers that opened them" : ""
        return .failed(
            "\(counts.failed) of \(counts.total) images cannot be used, and --max-bad-images allows \(most). The others are scored, "
                + "and their results are written. `padim export \(directory) --unusable --csv FILE` lists those that are not, and why; "
                + "the same command tries the unreadable ones once more\(poison)")
    }

    package static func noneUsable(first: String?) -> JobError {
        .failed("none of the list's images can be used\(reason(first))")
    }

    private static func reason(_ first: String?) -> String { first.map { " (the first: \($0))" } ?? "" }

    public var exitStatus: ExitStatus {
        switch self {
        case .wrongRequest: .wrongCommand
        case .failed, .stopped: .failed
        }
    }

    public var description: String {
        switch self {
        case .wrongRequest(let reason), .failed(let reason): reason
        case .stopped: "stopped; what was done is safe, the same command goes on with it"
        }
    }
}
