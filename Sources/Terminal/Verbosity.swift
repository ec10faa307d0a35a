/// How much a program says on standard error.
public enum Verbosity: Sendable {
    /// Warnings and errors only, and no progress.
    case quiet
    case usual
    case verbose
}
