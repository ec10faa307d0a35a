import Foundation

/// How object stores and web servers are asked: by whom, where, and for how long.
public struct ObjectStoreSettings: Sendable {
    /// Nil: requests are not signed, as for public buckets.
    package var credentials: Credentials?
    /// The source of the credentials; if there are none, the places that were searched.
    package var account: String
    package var region: String
    /// The server of all buckets; nil: Amazon's of the region.
    package var endpoint: WebAddress?
    /// A file of the certificates that are trusted, in place of the system's.
    package var certificates: String?
    /// A folder of such certificates.
    package var certificateFolder: String?
    /// The file of passwords for web servers, by their hosts' names; nil: `~/.netrc`.
    package var passwordFile: String?
    /// For how long a server that is busy or does not answer is waited for, in seconds, from the first try of a request on.
    package var timeout: Double
    /// For how long a request has been tried before somebody is told that a server is waited for, and the time between two notices.
    package var noticePause: Double
    /// After how many seconds without a byte a request is given up, and tried again. In whole seconds: libcurl's measure.
    package var stallSeconds: Int
    /// How many requests are under way at once, and so how many connections there are at most.
    package var connections: Int

    /// - Parameter timeout: where no variable says it.
    /// - Throws: `ObjectSettingsError` where a variable or a profile says what cannot be used.
    public init(_ environment: EnvironmentVariables, timeout usual: Double = 120) throws {
        let profiles = try Profiles(environment)
        let search = try CredentialSearch(environment, profiles)
        (credentials, account) = (search.credentials, search.account)
        region =
            environment.first("AWS_REGION", "AWS_DEFAULT_REGION")?.value ?? profiles.config["region"] ?? "us-east-1"
        guard region.utf8.count <= 64, region.utf8.allSatisfy(Self.mayBeInRegion) else {
            throw ObjectSettingsError(
                "AWS_REGION, or the profile's region, is '\(region.prefix(64))', which is no region's name")
        }
        endpoint = try Self.endpoint(environment, profiles)
        certificates = environment.first("AWS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")?.value
        certificateFolder = environment["SSL_CERT_DIR"]
        passwordFile = environment["NETRC"]
        timeout = try Self.timeout(environment) ?? usual
        noticePause = 5
        stallSeconds = 30
        connections = 32
    }

    /// The settings of this process.
    /// - Parameter timeout: where its environment does not say it.
    public static func current(timeout: Double = 120) throws -> ObjectStoreSettings {
        try ObjectStoreSettings(EnvironmentVariables(ProcessInfo.processInfo.environment), timeout: timeout)
    }

    private static func endpoint(_ environment: EnvironmentVariables, _ profiles: Profiles) throws -> WebAddress? {
        let isIgnored = environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() == "true"
        let given = isIgnored ? nil : environment.first("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
        let configured = isIgnored ? nil : profiles.config["endpoint_url"]
        guard let value = given?.value ?? configured else { return nil }
        let place = given?.name ?? "endpoint_url of the profile '\(profiles.name)'"
        do {
            let address = try WebAddress(value)
            guard address.query == nil else {
                throw ObjectSettingsError("\(place) has a query; give https://HOST[:PORT]")
            }
            return address
        } catch let error as ObjectAddressError {
            throw ObjectSettingsError("\(place) is \(error); give https://HOST[:PORT]")
        }
    }

    private static func timeout(_ environment: EnvironmentVariables) throws -> Double? {
        guard let text = environment["PADIM_STORE_TIMEOUT"] else { return nil }
        guard let seconds = Double(text), (0...86_400).contains(seconds) else {
            throw ObjectSettingsError("PADIM_STORE_TIMEOUT is '\(text.prefix(40))'; give seconds, from 0 to 86400")
        }
        return seconds
    }

    private static func mayBeInRegion(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension ObjectStoreSettings: CustomStringConvertible {
    public var description: String {
        "\(account), region \(region), \(endpoint.map { "endpoint \($0.text)" } ?? "Amazon's endpoint")"
    }
}
