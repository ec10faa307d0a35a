/// Finds credentials where AWS tools look for them: in the environment, then in the profile's section of the file of credentials, then in
/// that of the configuration.
struct CredentialSearch {
    let credentials: Credentials?
    /// Where they are from, or where they were looked for: for messages.
    let account: String

    /// - Throws: `ObjectSettingsError` where credentials are meant and cannot be used.
    init(_ environment: EnvironmentVariables, _ profiles: Profiles) throws {
        if let key = environment["AWS_ACCESS_KEY_ID"] {
            guard let secret = environment["AWS_SECRET_ACCESS_KEY"] else {
                throw ObjectSettingsError(
                    "AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not: set both or none")
            }
            credentials = try Self.sound(
                Credentials(accessKey: key, secret: secret, token: environment["AWS_SESSION_TOKEN"]),
                "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or AWS_SESSION_TOKEN")
            account = "the credentials of AWS_ACCESS_KEY_ID"
            return
        }
        let name = profiles.name
        for (path, found) in [(profiles.credentialsPath, profiles.credentials), (profiles.configPath, profiles.config)]
        {
            guard let key = found["aws_access_key_id"] else { continue }
            guard let secret = found["aws_secret_access_key"] else {
                throw ObjectSettingsError(
                    "the profile '\(name)' in \(path) has aws_access_key_id and no aws_secret_access_key")
            }
            credentials = try Self.sound(
                Credentials(accessKey: key, secret: secret, token: found["aws_session_token"]),
                "the credentials of the profile '\(name)' in \(path)")
            account = "the credentials of the profile '\(name)' in \(path)"
            return
        }
        let others = ["role_arn", "sso_session", "sso_start_url", "credential_process", "web_identity_token_file"]
        if let other = others.first(where: { profiles.credentials[$0] != nil || profiles.config[$0] != nil }) {
            throw ObjectSettingsError(
                "the profile '\(name)' has its credentials by '\(other)', which is not followed here; put them into the environment "
                    + "by: eval \"$(aws configure export-credentials --profile \(name) --format env)\"")
        }
        credentials = nil
        account =
            "no credentials (looked for AWS_ACCESS_KEY_ID, and for the profile '\(name)' in \(profiles.credentialsPath) and "
            + "\(profiles.configPath))"
    }

    private static func sound(_ credentials: Credentials, _ place: String) throws -> Credentials {
        guard credentials.areSound else {
            throw ObjectSettingsError(
                "\(place): empty, too long, or with spaces or other characters that no credentials have")
        }
        return credentials
    }
}
