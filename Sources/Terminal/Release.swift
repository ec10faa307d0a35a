/// Which release of this software a program is.
///
/// Models and statistics files do not contain it, because their bytes depend on images and settings alone.
public enum Release {
    /// The number of this release, as `--version` says it.
    public static let version = "0.3.0"

    /// What `--version` prints.
    public static func line(of program: String) -> String { "\(program) \(version)" }
}
