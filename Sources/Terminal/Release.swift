/// Which release of this software a program is.
///
/// It is in no model and no file of sums: their bytes depend on images and settings alone.
public enum Release {
    public static let version = "0.2.0"

    /// What `--version` prints.
    public static func line(of program: String) -> String { "\(program) \(version)" }
}
