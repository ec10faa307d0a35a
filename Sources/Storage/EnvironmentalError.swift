import Foundation

/// An error that knows where the fault lies: with what was asked for, or with what lies around it, as a disk without space, a right
/// that is missing, a limit that is reached. Programs end with another status for each.
public protocol EnvironmentalError: Error {
    /// Whether the same request may succeed when what lies around it is mended.
    var isEnvironmental: Bool { get }
}

/// The system's numbers of what went wrong.
public enum SystemCode {
    /// What the system answers where a path or a value names nothing, or something else than it should. All its other answers are about
    /// the state that it is in.
    private static let aboutTheRequest: Set<Int32> = [
        ENOENT, ENOTDIR, EISDIR, EEXIST, ENOTEMPTY, ENAMETOOLONG, ELOOP, EINVAL, EILSEQ, ENXIO, ENODEV,
    ]

    public static func isEnvironmental(_ code: Int32) -> Bool { !aboutTheRequest.contains(code) }
}
