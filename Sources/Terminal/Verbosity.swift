import ArgumentParser

/// How much a program says on standard error.
public enum Verbosity: Sendable {
    /// Warnings and errors only, and no progress.
    case quiet
    case usual
    case verbose

    /// Of the options of a command line, of which `requireOne` has looked whether they go together.
    public init(quiet: Bool, verbose: Bool) { self = quiet ? .quiet : verbose ? .verbose : .usual }

    /// - Throws: `ValidationError` where both are given.
    public static func requireOne(quiet: Bool, verbose: Bool) throws {
        if quiet, verbose { throw ValidationError("--quiet and --verbose ask for opposites: give one of them") }
    }
}
