import Storage

/// The environment or a profile says something that cannot be used. The text names the variable or the file, and never a secret.
public struct ObjectSettingsError: EnvironmentalError, CustomStringConvertible, Equatable, Sendable {
    public let description: String

    init(_ description: String) { self.description = description }

    public var isEnvironmental: Bool { false }
}
