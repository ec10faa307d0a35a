import Foundation

/// An error that says whether the request or its environment is at fault: a full disk, a missing permission, a limit that is reached.
/// Programs exit with status 2 for the request and 1 for the environment.
public protocol EnvironmentalError: Error {
    /// Whether the same request may succeed once the environment is repaired.
    var isEnvironmental: Bool { get }
}

/// Classifies the system's error numbers (`errno`).
public enum SystemCode {
    /// Errors that mean that a path or a value in the request is wrong. All others describe the state of the system.
    private static let aboutTheRequest: Set<Int32> = [
        ENOENT, ENOTDIR, EISDIR, EEXIST, ENOTEMPTY, ENAMETOOLONG, ELOOP, EINVAL, EILSEQ, ENXIO, ENODEV,
    ]

    /// Whether an `errno` says something about the machine, and not about what was asked for.
    public static func isEnvironmental(_ code: Int32) -> Bool { !aboutTheRequest.contains(code) }
}
