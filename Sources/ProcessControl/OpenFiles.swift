import Foundation

/// The files and connections that a process may have open at once.
public enum OpenFiles {
    /// Raises the limit as far as the process may. A coordinator needs one for every worker.
    public static func raiseLimit() {
        var limit = rlimit()
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(kind, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(kind, &limit)
    }
}
