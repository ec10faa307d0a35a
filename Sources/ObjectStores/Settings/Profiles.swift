import Foundation

/// What both files of AWS tools say of the profile that is chosen.
struct Profiles {
    let name: String
    let credentialsPath: String
    let configPath: String
    let credentials: [String: String]
    let config: [String: String]

    /// - Throws: `ObjectSettingsError` where a file cannot be read, or a profile that is asked for is in neither.
    init(_ environment: EnvironmentVariables) throws {
        let home = environment["HOME"] ?? NSHomeDirectory()
        func path(_ variable: String, _ usual: String) -> String {
            guard let path = environment[variable] else { return home + "/.aws/" + usual }
            return path.hasPrefix("~/") ? home + path.dropFirst() : path
        }
        credentialsPath = path("AWS_SHARED_CREDENTIALS_FILE", "credentials")
        configPath = path("AWS_CONFIG_FILE", "config")
        let chosen = environment.first("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
        name = chosen?.value ?? "default"
        let found = try ProfileFile(path: credentialsPath, isConfiguration: false)[name]
        let configured = try ProfileFile(path: configPath, isConfiguration: true)[name]
        if let chosen, found == nil, configured == nil {
            throw ObjectSettingsError(
                "\(chosen.name) is '\(name)', and there is no such profile in \(credentialsPath) or \(configPath)")
        }
        (credentials, config) = (found ?? [:], configured ?? [:])
    }
}
