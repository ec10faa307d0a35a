import ArgumentParser
import Logging

/// How much a program that shows no progress says on standard error.
public struct LogOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Log more.")
    public var verbose = false

    @Flag(name: .shortAndLong, help: "Log warnings and errors only.")
    public var quiet = false

    public init() {}

    public func validate() throws {
        try Verbosity.requireOne(quiet: quiet, verbose: verbose)
    }

    /// - Parameter name: who writes.
    public func logger(_ name: String) -> Logger { Logs.logger(name, Verbosity(quiet: quiet, verbose: verbose)) }
}
