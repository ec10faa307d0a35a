import Foundation

/// The Python that has the packages which tests need: that of the cache, which `scripts/setup --checks` makes where the usual one has
/// them not.
public enum TestPython {
    public static let path: String = {
        let environment = ProcessInfo.processInfo.environment
        let cache =
            environment["PADIM_CACHE"] ?? environment["XDG_CACHE_HOME"].map { $0 + "/padim" }
            ?? NSHomeDirectory() + "/.cache/padim"
        let own = cache + "/python/bin/python3"
        return FileManager.default.isExecutableFile(atPath: own) ? own : "python3"
    }()
}
